import type { Architecture } from "../../src/plan/plan.ts";
import type { Launch, Machine, MachineState } from "../../src/substrate/contract.ts";
import { machineLabels, ownershipOf } from "./labels.ts";
import { lastPart } from "./image/links.ts";
import { machineId } from "./machines/machine-id.ts";
import type { InstanceReply } from "./client/replies.ts";
import { settingsOfInstance } from "./machines/read-settings.ts";

/** Metadata for plan values that do not fit into labels. */
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
  // A stopped machine (from inside, outside or by preemption) keeps its disk and can be started again.
  ["TERMINATED", "stopped"],
]);

/** Shutting down; the API does not say whether to be stopped or deleted. */
const LEAVING: ReadonlySet<string> = new Set(["STOPPING", "PENDING_STOP", "DEPROVISIONING"]);

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["X86_64", "amd64"],
  ["ARM64", "arm64"],
  ["amd64", "amd64"],
  ["arm64", "arm64"],
]);

/** Converts an instance of the project into a machine; null for one that is shutting down. */
export function machineOf(instance: InstanceReply, project: string): Machine | null {
  const { name, status, labels, creationTimestamp } = instance;
  if (LEAVING.has(status)) return null;
  const place = lastPart(instance.zone);
  const boot = instance.disks.find((disk) => disk.boot);
  const architecture = boot?.architecture ?? metadataOf(instance, METADATA.architecture) ?? "";
  return {
    id: machineId({ project, zone: place, name }),
    place,
    state: STATES.get(status) ?? "pending",
    architecture: ARCHITECTURES.get(architecture) ?? null,
    artifact: metadataOf(instance, METADATA.artifact),
    addresses: addressesOf(instance),
    ports: [],
    launchIndex: null,
    ownership: ownershipOf(labels, name),
    end: null,
    createdAt: creationTimestamp,
    settings: settingsOfInstance(instance),
  };
}

/** The machine of a member whose insert has succeeded, before its first read. */
export function launchedMachine(
  launch: Launch,
  { project, name }: { readonly project: string; readonly name: string },
): Machine {
  const { plan, place } = launch;
  return {
    id: machineId({ project, zone: place.place, name }),
    place: place.place,
    state: "pending",
    architecture: plan.architecture,
    artifact: plan.artifact.id,
    addresses: { private: null, public: null },
    ports: [],
    launchIndex: null,
    ownership: ownershipOf(machineLabels(launch, {}), name),
    end: null,
    createdAt: null,
  };
}

function metadataOf({ metadata }: InstanceReply, key: string): string | null {
  return metadata?.items.find((item) => item.key === key)?.value ?? null;
}

/** Of the first interface: IPv4 if it has one. */
function addressesOf({ networkInterfaces }: InstanceReply): Machine["addresses"] {
  const [first] = networkInterfaces;
  const external = first?.accessConfigs[0]?.natIP ?? first?.ipv6AccessConfigs[0]?.externalIpv6;
  return { private: first?.networkIP ?? first?.ipv6Address ?? null, public: external ?? null };
}
