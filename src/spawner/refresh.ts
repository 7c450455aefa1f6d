import { timestamp } from "../host/clock.ts";
import { asSlipwayError } from "../errors.ts";
import type { Machine, SubstrateAdapter } from "../substrate/contract.ts";
import { machineSeen } from "../substrate/contract.ts";
import type { DrivenSpawn, SpawnKey } from "../ledger/ledger.ts";
import { acceptedAt } from "./poll-interval.ts";
import { spawnMachine } from "../ledger/spawn-record.ts";
import type { SpawnerWorld } from "./task.ts";

/**
 * Looks at the machines of spawns that nobody drives, with one call a scope, and records what became of them: a booted
 * one runs, one that has ended by itself is terminated. What somebody drives is theirs to record.
 *
 * @throws SlipwayError where a provider could not be asked, once all the others have been
 */
export async function refresh(
  world: SpawnerWorld,
  keys: readonly SpawnKey[],
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  const scopes = new Map<SubstrateAdapter, DrivenSpawn[]>();
  for (const key of keys) {
    const driven = await world.ledger.find(key);
    if (driven === null || !isWorthALook(world, key, driven)) continue;
    try {
      const adapter = await world.openAdapter(driven.plan.target);
      scopes.set(adapter, [...(scopes.get(adapter) ?? []), driven]);
    } catch (caught) {
      failures.push(caught);
    }
  }
  for (const [adapter, spawns] of scopes) {
    try {
      await refreshScope(world, adapter, spawns, signal);
    } catch (caught) {
      failures.push(caught);
    }
  }
  if (failures.length > 0) throw asSlipwayError(failures[0]);
}

async function refreshScope(
  world: SpawnerWorld,
  adapter: SubstrateAdapter,
  spawns: readonly DrivenSpawn[],
  signal: AbortSignal,
): Promise<void> {
  const ids = spawns.map(({ spawn }) => spawn.machine?.id ?? "");
  const sightings = await adapter.describe(ids, signal);
  const now = world.clock.now();
  for (const [index, driven] of spawns.entries()) {
    const sighting = sightings[index];
    const age = now - acceptedAt(driven, now);
    if (sighting === "unknown" && age < adapter.capabilities.lagMilliseconds) continue;
    await note(world, driven, machineSeen(sighting));
  }
}

function isWorthALook(world: SpawnerWorld, key: SpawnKey, { spawn, lease }: DrivenSpawn): boolean {
  const { state, machine } = spawn;
  return (
    machine !== null &&
    (state === "running" || state === "booting") &&
    world.leases.isFree(key, lease)
  );
}

async function note(
  world: SpawnerWorld,
  { spawn, lease }: DrivenSpawn,
  machine: Machine | null,
): Promise<void> {
  const { tenant, spawnId, state } = spawn;
  // One that is stopped is not gone: somebody may start it again, and what it holds is theirs.
  const ended = machine === null || machine.state === "ended";
  if (!ended && (state === "running" || machine.state !== "running")) return;
  const until = world.leases.until();
  const claim = { tenant, spawnId, fence: lease.fence, driver: world.driver.id, until };
  const claimed = await world.ledger.claim(claim);
  if (claimed === null) return;
  const id = spawn.machine?.id ?? "";
  // Whoever drove it may have gone on while its provider was asked: what was seen is of another machine then.
  if (claimed.spawn.machine?.id !== id || claimed.spawn.state !== state)
    return await world.ledger.release({ tenant, spawnId }, claimed.lease.fence);
  const step = {
    tenant,
    spawnId,
    before: claimed,
    at: timestamp(world.clock),
    lease: "release",
  } as const;
  await world.ledger.take(
    [
      ended
        ? { ...step, to: "terminated", message: endMessage(id, machine) }
        : {
            ...step,
            to: "running",
            message: `running as ${id} in ${machine.place}`,
            machine: spawnMachine(machine),
          },
    ],
    null,
  );
}

function endMessage(id: string, machine: Machine | null): string {
  if (machine === null) return `${id} is gone: something or somebody else removed it`;
  const { exitCode, message } = machine.end ?? { exitCode: null, message: "" };
  const how = [exitCode === null ? "" : `exit code ${exitCode}`, message]
    .filter(Boolean)
    .join(": ");
  return `${id} ended by itself${how === "" ? "" : ` (${how})`}`;
}
