import type { JsonObject } from "../../../../src/errors.ts";
import type { GceFake } from "../../../../testing/gce/index.ts";
import { MACHINE_TYPES } from "../../../../testing/gce/machine-types.ts";
import { uniqueName } from "../../../support/world.ts";
import { gceCli, PROJECT } from "../../support/gce-cli.ts";
import type { GceCli } from "../../support/gce-cli.ts";

/** What one case changes, in the records' spelling. */
export interface GceFields {
  /** Of `target.gcp`. */
  readonly placement?: JsonObject;
  /** Default: none. */
  readonly serviceAccount?: string;
  /** Default `n2-standard-2`. */
  readonly machineTypes?: readonly string[];
  /** An image of the project. Default: one that is marked for everything. */
  readonly image?: string;
  readonly environment?: JsonObject;
}

/** A command line on one fake of Compute Engine. */
export interface GceCommands
  extends Pick<GceCli, "gce" | "json" | "run" | "refused" | "changes" | "set">, AsyncDisposable {
  /** Writes records with the fields; returns the workspace's name. */
  readonly records: (fields: GceFields) => Promise<string>;
  /** The machine of a spawn, as the fake keeps it; undefined if there is none. */
  readonly instance: (spawnId: string) => ReturnType<GceFake["instances"]>[number] | undefined;
}

/** An image that is marked for all that a placement can ask of it. */
const CAPABLE_IMAGE = "capable";
/** An image without guest features, such as one that was made for the older firmware. */
export const PLAIN_IMAGE = "plain";

/** An image for confidential machines that do not migrate. */
export const SEV_IMAGE = "sev";

const FEATURES = [
  "UEFI_COMPATIBLE",
  "VIRTIO_SCSI_MULTIQUEUE",
  "GVNIC",
  "SEV_CAPABLE",
  "SEV_LIVE_MIGRATABLE_V2",
  "SEV_SNP_CAPABLE",
  "TDX_CAPABLE",
];

/** Of a series that no table knows, and cannot migrate. */
const NEW_TYPE = {
  name: "z9-standard-2",
  guestCpus: 2,
  memoryMb: 8192,
  architecture: "X86_64",
  migrates: false,
} as const;

const ZONES = ["us-central1-a", "us-central1-b"] as const;

export async function openGceCommands(): Promise<GceCommands> {
  const cli = await gceCli({ machineTypes: [NEW_TYPE] });
  cli.gce.addImage(PROJECT, { name: CAPABLE_IMAGE, guestOsFeatures: FEATURES });
  cli.gce.addImage(PROJECT, { name: PLAIN_IMAGE });
  cli.gce.addImage(PROJECT, { name: SEV_IMAGE, guestOsFeatures: ["SEV_CAPABLE"] });
  const set = async (kind: string, body: JsonObject & { readonly name: string }) =>
    await cli.set(kind, body.name, JSON.stringify(body));
  for (const image of [CAPABLE_IMAGE, PLAIN_IMAGE, SEV_IMAGE])
    await set("image", {
      name: image,
      architecture: "ARCHITECTURE_AMD64",
      gce: { self_link: `projects/${PROJECT}/global/images/${image}` },
    });
  return {
    ...cli,
    async records({
      placement = {},
      serviceAccount,
      machineTypes = ["n2-standard-2"],
      image = CAPABLE_IMAGE,
      environment = {},
    }) {
      const name = uniqueName();
      const oneInterface =
        placement["network_interfaces"] === undefined ? { subnet: "default" } : {};
      await set("placement", {
        name,
        substrate: "GCP",
        ...(serviceAccount === undefined ? {} : { service_account: serviceAccount }),
        target: { gcp: { project: PROJECT, zones: ZONES, ...oneInterface, ...placement } },
      });
      await set("machine-type", {
        name,
        ...sizeOf(machineTypes),
        architecture: "ARCHITECTURE_AMD64",
        spec: { gce: { machine_types: machineTypes } },
      });
      const shape = { substrate: "GCP", machine_type_ref: name, ...environment };
      await set("environment", { name, ...shape });
      await set("workspace", { name, image_ref: image, placement: name, environment_ref: name });
      return name;
    },
    instance: (spawnId) =>
      cli.gce.instances(PROJECT).find(({ name }) => name.startsWith(`${spawnId}-`)),
  };
}

/** The size of the only type, or what several have at least. */
function sizeOf(names: readonly string[]) {
  const types = [...MACHINE_TYPES, NEW_TYPE].filter(({ name }) => names.includes(name));
  return {
    vcpus: Math.min(...types.map(({ guestCpus }) => guestCpus)),
    memory_gb: Math.min(...types.map(({ memoryMb }) => memoryMb)) / 1024,
  };
}
