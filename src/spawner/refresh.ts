import { canonicalJson } from "../json/canonical-json.ts";
import { placePhrase } from "../plan/place.ts";
import { timestamp } from "../host/clock.ts";
import { asSlipwayError } from "../errors.ts";
import type { Machine, SubstrateAdapter } from "../substrate/contract.ts";
import { knownMachine } from "../substrate/contract.ts";
import type { DrivenSpawn, SpawnKey } from "../ledger/ledger.ts";
import { acceptedAt } from "./poll-interval.ts";
import { spawnMachine } from "../ledger/spawn-record.ts";
import type { SpawnMachine } from "../ledger/spawn-record.ts";
import type { SpawnerRuntime } from "./task.ts";

/**
 * Reads the machines of spawns that no process drives, with one call for each scope, and records their state: a booted
 * machine runs, and one that has ended by itself is terminated. Spawns with a worker are left to it.
 *
 * @throws SlipwayError if a provider could not be asked, after all others have been
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
  // A stopped machine is not gone: its owner may start it again, and its data is theirs.
  const ended = machine === null || machine.state === "ended";
  const isNew = !ended && (state !== "running" || hasNewSettings(spawn.machine, machine));
  if (!ended && (machine.state !== "running" || !isNew)) return;
  const until = runtime.leases.until();
  const claim = { tenant, spawnId, fence: lease.fence, worker: runtime.worker.id, until };
  const claimed = await runtime.ledger.claim(claim);
  if (claimed === null) return;
  const id = spawn.machine?.id ?? "";
  // Its worker may have gone on while the provider was asked: the status may be that of an earlier machine.
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
            message:
              state === "running"
                ? `the settings of ${id} were read`
                : `running as ${id} ${placePhrase(spawn.substrate, machine.place)}`,
            machine: spawnMachine(machine),
          },
    ],
    null,
  );
}

/** Whether the provider reports settings that are not on record, as after a poll of many machines. */
function hasNewSettings(known: SpawnMachine | null, { settings }: Machine): boolean {
  if (settings === undefined) return false;
  const recorded = known?.settings ?? {};
  return canonicalJson({ ...recorded, ...settings }) !== canonicalJson(recorded);
}

function endMessage(id: string, machine: Machine | null): string {
  if (machine === null) return `${id} is gone: it was not removed by Slipway`;
  const { exitCode, message } = machine.end ?? { exitCode: null, message: "" };
  const how = [exitCode === null ? "" : `exit code ${exitCode}`, message]
    .filter(Boolean)
    .join(": ");
  return `${id} ended by itself${how === "" ? "" : ` (${how})`}`;
}
