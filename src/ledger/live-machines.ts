import type { LaunchPlan } from "../plan/plan.ts";
import type { Connection } from "../storage/connection.ts";
import { number, text } from "./ledger-rows.ts";
import { readPlan } from "./sqlite-spawns.ts";

/** A record of the catalog. */
export interface RecordId {
  readonly tenant: string;
  readonly kind: string;
  readonly name: string;
}

/** The spawns that have not ended and whose plans were made from a record. */
export interface LiveMachines {
  readonly count: number;
  /** Their workspaces, sorted. */
  readonly workspaces: readonly string[];
}

/** Live spawns of one plan. */
interface LiveSpawns {
  readonly plan: LaunchPlan;
  readonly count: number;
}

export function machinesFrom(
  live: readonly LiveSpawns[],
  { kind, name }: Omit<RecordId, "tenant">,
): LiveMachines {
  const own = live.filter(({ plan }) =>
    plan.records.some((record) => record.kind === kind && record.name === name),
  );
  return {
    count: own.reduce((sum, { count }) => sum + count, 0),
    workspaces: [...new Set(own.map(({ plan }) => plan.workspace))].toSorted(),
  };
}

/** In the transaction of the connection. */
export function liveMachines(connection: Connection, record: RecordId): LiveMachines {
  const rows = connection.all(
    `SELECT plan_hash, count(*) AS spawns FROM spawns
     WHERE tenant = ? AND state NOT IN ('terminated', 'failed') GROUP BY plan_hash`,
    record.tenant,
  );
  const live = rows.map((row) => ({
    plan: readPlan(connection, text(row, "plan_hash")),
    count: number(row, "spawns"),
  }));
  return machinesFrom(live, record);
}
