import type { SubstrateAdapter } from "../../src/substrate/contract.ts";
import type { AwsApi } from "./client/api.ts";
import { describeInstances, listInstances } from "./machines/describe.ts";
import { launchInstances } from "./launch/launch.ts";
import { instanceLogs } from "./machines/logs.ts";
import type { Sleep } from "./client/pause.ts";
import { createRecentMachines } from "./recent-machines.ts";
import { terminateInstances } from "./machines/terminate.ts";

export interface MachineOptions {
  /** The calls of the placement's region. */
  readonly api: AwsApi;
  /** The account that the launching credentials belong to, kept by credential. */
  readonly account: (signal: AbortSignal) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** Machines that one call may terminate at the account's rates. */
  readonly terminatedAtOnce: number;
}

type MachineVerbs = Pick<SubstrateAdapter, "launch" | "describe" | "terminate" | "list" | "logs">;

/** The verbs that are about machines. They share what was launched and terminated here a moment ago. */
export function machineVerbs(options: MachineOptions): MachineVerbs {
  const { api, account, now, sleep, terminatedAtOnce } = options;
  const ports = { api, account, sleep, recent: createRecentMachines(now) };
  return {
    launch: (launch, signal) => launchInstances(ports, launch, signal),
    describe: (ids, signal) => describeInstances(ports, ids, signal),
    terminate: (ids, signal) =>
      terminateInstances({ ...ports, mostAtOnce: terminatedAtOnce }, ids, signal),
    list: (owner, signal) => listInstances(ports, owner, signal),
    logs: (id, request, signal) => instanceLogs(ports, id, request, signal),
  };
}
