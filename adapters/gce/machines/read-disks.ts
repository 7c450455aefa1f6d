import type { JsonObject } from "../../../src/errors.ts";
import type { Machine } from "../../../src/substrate/contract.ts";
import type { GceApi } from "../client/api.ts";
import type { DiskReply, InstanceReply } from "../client/replies.ts";
import { gceError } from "../errors/errors.ts";
import { lastPart } from "../image/links.ts";
import type { ReadMore } from "./describe.ts";
import { readMachineId } from "./machine-id.ts";

/** Names per list: a filter has at most 2,000 characters. */
const NAMES_AT_ONCE = 20;

/**
 * Adds the settings of a machine's disks, of which the reply about the instance has only the names. A machine that is
 * still being made is left as it is.
 */
export function diskReader(api: Pick<GceApi, "disks">, signal: AbortSignal): ReadMore {
  return async (machine, instance) => {
    if (machine.ownership === null || machine.state === "pending") return machine;
    const disks = await readDisks(api, machine, instance, signal);
    return disks === null ? machine : { ...machine, settings: { ...machine.settings, disks } };
  };
}

/** Null if Compute Engine refuses the list: the machine's state must not depend on a second permission. */
async function readDisks(
  api: Pick<GceApi, "disks">,
  { id, place: zone }: Machine,
  { disks: attached }: InstanceReply,
  signal: AbortSignal,
): Promise<JsonObject[] | null> {
  const project = readMachineId(id)?.project ?? "";
  const names = attached.map(({ source }) => lastPart(source));
  const found = new Map<string, DiskReply>();
  try {
    for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
      const terms = names.slice(from, from + NAMES_AT_ONCE).map((name) => `(name = "${name}")`);
      const disks = await api.disks({ project, zone, filter: terms.join(" OR ") }, signal);
      for (const disk of disks) found.set(disk.name, disk);
    }
  } catch (caught) {
    const error = gceError(caught, { doing: `listing the disks of ${id}` });
    if (signal.aborted || error.reason === "INTERNAL") throw error;
    return null;
  }
  return attached.map((one) => settingsOf(one, found.get(lastPart(one.source))));
}

/** By the names of the disk-type record's and the environment's fields. */
function settingsOf(
  { deviceName, source, autoDelete }: InstanceReply["disks"][number],
  disk: DiskReply | undefined,
): JsonObject {
  const { provisionedIops = null, provisionedThroughput = null } = disk ?? {};
  const key = disk?.diskEncryptionKey?.kmsKeyName ?? null;
  return {
    name: deviceName,
    disk: lastPart(source),
    ...(disk === undefined ? {} : { sizeGb: disk.sizeGb, diskType: lastPart(disk.type) }),
    ...(provisionedIops === null ? {} : { iops: provisionedIops }),
    ...(provisionedThroughput === null ? {} : { throughput: provisionedThroughput }),
    ...(key === null ? {} : { kmsKey: key }),
    keepOnTermination: !autoDelete,
  };
}
