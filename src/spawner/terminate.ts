import type { Clock } from "../clock.ts";
import { timestamp } from "../clock.ts";
import type { OpenAdapter, SubstrateAdapter } from "../substrate/contract.ts";
import { launchId } from "./launch-token.ts";
import type { Ledger, SpawnKey } from "./ledger.ts";
import { spawnNotFound } from "./spawn-errors.ts";
import { isFinished } from "./spawn-record.ts";
import type { Spawn } from "./spawn-record.ts";

export interface TerminatePorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly openAdapter: OpenAdapter;
}

/** Ends a machine; success when it is already gone. */
export async function confirmTerminated(
  adapter: SubstrateAdapter,
  machineId: string,
  signal: AbortSignal,
): Promise<void> {
  const [outcome] = await adapter.terminate([machineId], signal);
  if (outcome?.outcome === "failed") throw outcome.error;
}

/**
 * Ends a spawn: intent first, then the machine, then the record. A spawn whose launch was never answered may have a
 * machine that nobody wrote down, so those born of its launch are looked up by their owner tag.
 */
export async function terminateSpawn(
  ports: TerminatePorts,
  key: SpawnKey,
  signal: AbortSignal,
): Promise<Spawn> {
  const { ledger, clock } = ports;
  const driven = await ledger.find(key);
  if (driven === null) throw spawnNotFound(key.tenant, key.spawnId);
  if (isFinished(driven.spawn.state)) return driven.spawn;
  const terminating = await ledger.transition({
    ...key,
    to: "terminating",
    message: "termination asked for",
    at: timestamp(clock),
  });
  const adapter = await ports.openAdapter(driven.plan.target);
  const recordedId = terminating?.machine?.id;
  const ids =
    recordedId === undefined
      ? await bornOf(adapter, await ledger.owner(), driven.launch.token, key.spawnId, signal)
      : [recordedId];
  for (const id of ids) await confirmTerminated(adapter, id, signal);
  const terminated = await ledger.transition({
    ...key,
    to: "terminated",
    message: ids.length === 0 ? "no machine was ever launched" : `${ids.join(", ")} terminated`,
    at: timestamp(clock),
  });
  const after = terminated ?? (await ledger.find(key))?.spawn;
  if (after === undefined) throw spawnNotFound(key.tenant, key.spawnId);
  return after;
}

async function bornOf(
  adapter: SubstrateAdapter,
  owner: string,
  token: string,
  spawnId: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const machines = await adapter.list(owner, signal);
  return machines
    .filter(
      ({ ownership }) => ownership?.launchId === launchId(token) && ownership.spawnId === spawnId,
    )
    .map(({ id }) => id);
}
