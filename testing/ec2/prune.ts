import { invalidateAttached } from "./attached.ts";
import { endOf } from "./lifecycle.ts";
import { invalidateHolders } from "./network.ts";
import type { Region, World } from "./world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** When each world was last pruned; pruning up to an hour late does no harm. */
const LAST_PRUNED = new WeakMap<World, number>();

/**
 * Removes records that no call can return any more, so that a long-running fake does not grow forever: machines a day
 * after their end, when their client tokens have expired, and credentials a day after their expiry.
 */
export function pruneExpired(world: World, now: number): void {
  if (now < (LAST_PRUNED.get(world) ?? Number.NEGATIVE_INFINITY) + HOUR_MS) return;
  LAST_PRUNED.set(world, now);
  for (const [key, { expiresAt }] of world.sessions)
    if (now >= expiresAt + DAY_MS) world.sessions.delete(key);
  for (const region of world.regions.values()) pruneMachines(region, now);
}

function pruneMachines(region: Region, now: number): void {
  const { instances, volumes, interfaces, tokens } = region;
  const old = new Set<string>();
  for (const instance of instances.values()) {
    const end = endOf(instance);
    if (end !== null && now >= end + DAY_MS) old.add(instance.id);
  }
  // A volume that outlives its machine still refers to it.
  for (const records of [volumes, interfaces])
    for (const record of records.values())
      if (!record.deleteOnTermination) old.delete(record.instanceId);
  if (old.size === 0) return;
  for (const id of old) instances.delete(id);
  for (const records of [volumes, interfaces]) {
    for (const [id, record] of records) if (old.has(record.instanceId)) records.delete(id);
    invalidateAttached(records);
  }
  invalidateHolders(instances);
  for (const [key, { instanceIds }] of tokens)
    if (!instanceIds.some((id) => instances.has(id))) tokens.delete(key);
}
