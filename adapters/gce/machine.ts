import type { Architecture } from "../../src/plan.ts";
import type { Launch, Machine, MachineState } from "../../src/substrate/contract.ts";
import { machineLabels, ownershipOf } from "./labels.ts";

/** As much of an instance as is read: `Instance` of the API's reference. */
export interface InstanceReply {
  readonly name?: string | null;
  /** Link of its zone. */
  readonly zone?: string | null;
  readonly status?: string | null;
  readonly creationTimestamp?: string | null;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly metadata?: {
    readonly items?:
      | readonly { readonly key?: string | null; readonly value?: string | null }[]
      | null;
  } | null;
  readonly disks?:
    | readonly { readonly boot?: boolean | null; readonly architecture?: string | null }[]
    | null;
  readonly networkInterfaces?:
    | readonly {
        readonly networkIP?: string | null;
        readonly ipv6Address?: string | null;
        readonly accessConfigs?: readonly { readonly natIP?: string | null }[] | null;
        readonly ipv6AccessConfigs?: readonly { readonly externalIpv6?: string | null }[] | null;
      }[]
    | null;
}

/** What a machine keeps of its plan beside its labels, which have no room for a link. */
export const METADATA = {
  artifact: "slipway-artifact",
  architecture: "slipway-architecture",
} as const;

const STATES: ReadonlyMap<string, MachineState> = new Map([
  ["PENDING", "pending"],
  ["PROVISIONING", "pending"],
  ["STAGING", "pending"],
  ["REPAIRING", "pending"],
  ["RUNNING", "running"],
  ["SUSPENDING", "stopped"],
  ["SUSPENDED", "stopped"],
  // What has been stopped, from inside, outside or by pre-emption: its disk is there, and it can be started again.
  ["TERMINATED", "stopped"],
]);

/** On the way down, deleted or not: nobody can tell the two apart. */
const LEAVING: ReadonlySet<string> = new Set(["STOPPING", "PENDING_STOP", "DEPROVISIONING"]);

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["X86_64", "amd64"],
  ["ARM64", "arm64"],
  ["amd64", "amd64"],
  ["arm64", "arm64"],
]);

/** `projects/P/zones/Z/instances/N`. */
export function machineId(project: string, zone: string, name: string): string {
  return `projects/${project}/zones/${zone}/instances/${name}`;
}

/** A machine from what the API says of an instance of the project; null for one that is shutting down, or no answer. */
export function machineOf(instance: InstanceReply, project: string): Machine | null {
  const name = instance.name ?? "";
  const place = instance.zone?.split("/").at(-1) ?? "";
  const status = instance.status ?? "";
  if (name === "" || place === "" || LEAVING.has(status)) return null;
  const boot = instance.disks?.find((disk) => disk.boot === true);
  const architecture = boot?.architecture ?? metadataOf(instance, METADATA.architecture) ?? "";
  return {
    id: machineId(project, place, name),
    place,
    state: STATES.get(status) ?? "pending",
    architecture: ARCHITECTURES.get(architecture) ?? null,
    artifact: metadataOf(instance, METADATA.artifact),
    addresses: addressesOf(instance),
    ports: [],
    ownership: ownershipOf(instance.labels ?? {}, name),
    end: null,
    createdAt: instance.creationTimestamp ?? null,
  };
}

/** The machine of a member whose insert has succeeded, before anybody has looked at it. */
export function launchedMachine(
  launch: Launch,
  { project, name }: { readonly project: string; readonly name: string },
): Machine {
  const { plan, place } = launch;
  return {
    id: machineId(project, place.place, name),
    place: place.place,
    state: "pending",
    architecture: plan.architecture,
    artifact: plan.artifact.id,
    addresses: { private: null, public: null },
    ports: [],
    ownership: ownershipOf(machineLabels(launch, {}), name),
    end: null,
    createdAt: null,
  };
}

function metadataOf({ metadata }: InstanceReply, key: string): string | null {
  return metadata?.items?.find((item) => item.key === key)?.value ?? null;
}

/** Of the first interface: version 4 where there is one. */
function addressesOf({ networkInterfaces }: InstanceReply): Machine["addresses"] {
  const first = networkInterfaces?.[0];
  const [external] = first?.accessConfigs ?? [];
  const [external6] = first?.ipv6AccessConfigs ?? [];
  return {
    private: text(first?.networkIP) ?? text(first?.ipv6Address),
    public: text(external?.natIP) ?? text(external6?.externalIpv6),
  };
}

function text(value: string | null | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}
