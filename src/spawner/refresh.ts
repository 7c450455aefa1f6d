import { timestamp } from "../host/clock.ts";
import { asSlipwayError } from "../errors.ts";
import type { Machine, SubstrateAdapter } from "../substrate/contract.ts";
import { knownMachine } from "../substrate/contract.ts";
import type { DrivenSpawn, SpawnKey } from "../ledger/ledger.ts";
import { acceptedAt } from "./poll-interval.ts";
import { spawnMachine } from "../ledger/spawn-record.ts";
import type { SpawnerRuntime } from "./task.ts";

/**
 * Looks at the machines of spawns that nobody drives, with one call a scope, and records what became of them: a booted
 * one runs, one that has ended by itself is terminated. What somebody drives is theirs to record.
 *
 * @throws SlipwayError where a provider could not be asked, once all the others have been
 */
export async function refresh(
  runtime: SpawnerRuntime,
  keys: readonly SpawnKey[],
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  const scopes = new Map<SubstrateAdapter, DrivenSpawn[]>();
  for (const key of keys) {
    const driven = await runtime.ledger.find(key);
    if (driven === null || !canRefresh(runtime, key, driven)) continue;
    try {
      const adapter = await runtime.openAdapter(driven.plan.target);
      scopes.set(adapter, [...(scopes.get(adapter) ?? []), driven]);
    } catch (caught) {
      failures.push(caught);
    }
  }
  for (const [adapter, spawns] of scopes) {
    try {
      await refreshScope(runtime, adapter, spawns, signal);
    } catch (caught) {
      failures.push(caught);
    }
  }
  if (failures.length > 0) throw asSlipwayError(failures[0]);
}

async function refreshScope(
  runtime: SpawnerRuntime,
  adapter: SubstrateAdapter,
  spawns: readonly DrivenSpawn[],
  signal: AbortSignal,
): Promise<void> {
  const ids = spawns.map(({ spawn }) => spawn.machine?.id ?? "");
  const statuses = await adapter.describe(ids, signal);
  const now = runtime.clock.now();
  for (const [index, driven] of spawns.entries()) {
    const status = statuses[index];
    const age = now - acceptedAt(driven, now);
    if (status === "unknown" && age < adapter.capabilities.lagMilliseconds) continue;
    await recordStatus(runtime, driven, knownMachine(status));
  }
}

function canRefresh(
  runtime: SpawnerRuntime,
  key: SpawnKey,
  { spawn, lease }: DrivenSpawn,
): boolean {
  const { state, machine } = spawn;
  return (
    machine !== null &&
    (state === "running" || state === "booting") &&
    runtime.leases.isFree(key, lease)
  );
}

async function recordStatus(
  runtime: SpawnerRuntime,
  { spawn, lease }: DrivenSpawn,
  machine: Machine | null,
): Promise<void> {
  const { tenant, spawnId, state } = spawn;
  // One that is stopped is not gone: somebody may start it again, and what it holds is theirs.
  const ended = machine === null || machine.state === "ended";
  if (!ended && (state === "running" || machine.state !== "running")) return;
  const until = runtime.leases.until();
  const claim = { tenant, spawnId, fence: lease.fence, worker: runtime.worker.id, until };
  const claimed = await runtime.ledger.claim(claim);
  if (claimed === null) return;
  const id = spawn.machine?.id ?? "";
  // Whoever drove it may have gone on while its provider was asked: what was seen is of another machine then.
  if (claimed.spawn.machine?.id !== id || claimed.spawn.state !== state)
    return await runtime.ledger.release({ tenant, spawnId }, claimed.lease.fence);
  const step = {
    tenant,
    spawnId,
    before: claimed,
    at: timestamp(runtime.clock),
    lease: "release",
  } as const;
  await runtime.ledger.take(
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
