import type { Ledger } from "../ledger/ledger.ts";
import type { Spawn, SpawnMachine } from "../ledger/spawn-record.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { noMachine, spawnNotFound } from "../spawner/spawn-errors.ts";
import type { OpenAdapter, SubstrateAdapter } from "../substrate/contract.ts";

/** A spawn that has a machine, and the adapter of its provider. */
export interface SpawnedMachine {
  readonly spawn: Spawn;
  readonly plan: LaunchPlan;
  readonly machine: SpawnMachine;
  readonly machineId: string;
  readonly adapter: SubstrateAdapter;
}

export interface SpawnedMachinePorts {
  readonly tenant: string;
  readonly ledger: Pick<Ledger, "find">;
  readonly openAdapter: OpenAdapter;
}

/** @throws SlipwayError `SPAWN_NOT_FOUND`, or `MACHINE_NOT_STARTED` if the spawn has no machine, or none any more */
export async function findSpawnedMachine(
  { tenant, ledger, openAdapter }: SpawnedMachinePorts,
  spawnId: string,
): Promise<SpawnedMachine> {
  const driven = await ledger.find({ tenant, spawnId });
  if (driven === null) throw spawnNotFound(tenant, spawnId);
  const { spawn, plan } = driven;
  const { machine, state } = spawn;
  if (machine === null || state === "terminated" || state === "failed") throw noMachine(spawn);
  const adapter = await openAdapter(plan.target);
  return { spawn, plan, machine, machineId: machine.id, adapter };
}
