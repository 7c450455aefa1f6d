import { forgetAttached } from "./attached.ts";
import { endOf } from "./lifecycle.ts";
import { forgetHolders } from "./network.ts";
import type { Region, World } from "./world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** When each world was looked through: what is forgotten an hour late hurts nobody. */
const LOOKED = new WeakMap<World, number>();

/**
 * Forgets what no call can tell of any more, so that a stand-in that stays does not grow for ever: machines a day after
 * their end, when their client tokens are as good as new, and credentials a day after they have expired.
 */
export function forgetOld(world: World, now: number): void {
  if (now < (LOOKED.get(world) ?? Number.NEGATIVE_INFINITY) + HOUR_MS) return;
  LOOKED.set(world, now);
  for (const [key, { expiresAt }] of world.sessions)
    if (now >= expiresAt + DAY_MS) world.sessions.delete(key);
  for (const region of world.regions.values()) forgetMachines(region, now);
}

function forgetMachines(region: Region, now: number): void {
  const { instances, volumes, interfaces, tokens } = region;
  const old = new Set<string>();
  for (const instance of instances.values()) {
    const end = endOf(instance);
    if (end !== null && now >= end + DAY_MS) old.add(instance.id);
  }
  // A volume that outlives its machine is told by it.
  for (const records of [volumes, interfaces])
    for (const record of records.values())
      if (!record.deleteOnTermination) old.delete(record.instanceId);
  if (old.size === 0) return;
  for (const id of old) instances.delete(id);
  for (const records of [volumes, interfaces]) {
    for (const [id, record] of records) if (old.has(record.instanceId)) records.delete(id);
    forgetAttached(records);
  }
  forgetHolders(instances);
  for (const [key, { instanceIds }] of tokens)
    if (!instanceIds.some((id) => instances.has(id))) tokens.delete(key);
}
