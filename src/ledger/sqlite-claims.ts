import type { PlacementTarget } from "../plan/plan.ts";
import type { Connection } from "../storage/connection.ts";
import type { ClaimVerdict, FoundResource, Suspect } from "./ledger.ts";
import { number, parseClaimant, text } from "./ledger-rows.ts";
import { claimVerdict } from "./ledger-steps.ts";
import type { Claimant } from "./ledger-steps.ts";
import { isPruned } from "./sqlite-prune.ts";
import { readPlan } from "./sqlite-spawns.ts";

/** The queries of a sweep on the embedded database. */

export function targets(connection: Connection): readonly PlacementTarget[] {
  return connection
    .all("SELECT plan_hash FROM targets ORDER BY target")
    .map((row) => readPlan(connection, text(row, "plan_hash")).target);
}

/** Reads each launch once, however many of its machines were found. */
export function judge(
  connection: Connection,
  machines: readonly FoundResource[],
): readonly ClaimVerdict[] {
  const launches = new Map<string, LaunchMembers>();
  return machines.map((machine) => {
    const { launchId, spawnId, launchIndex } = machine;
    const launch = launches.get(launchId) ?? readLaunch(connection, launchId);
    launches.set(launchId, launch);
    // If a machine reports which member it is, only that member matters, out of a thousand.
    const [told, members] =
      spawnId === null ? [launchIndex, launch.byIndex] : [spawnId, launch.bySpawn];
    const claimants = told === null ? launch.all : (members.get(told) ?? []);
    return claimVerdict(claimants, machine, launch.isPruned);
  });
}

interface LaunchMembers {
  readonly all: readonly Claimant[];
  readonly byIndex: ReadonlyMap<string | number, readonly Claimant[]>;
  readonly bySpawn: ReadonlyMap<string | number, readonly Claimant[]>;
  readonly isPruned: boolean;
}

function readLaunch(connection: Connection, launchId: string): LaunchMembers {
  const all = membersOf(connection, launchId);
  return {
    all,
    isPruned: isPruned(connection, launchId),
    byIndex: Map.groupBy(all, ({ member }) => member),
    bySpawn: Map.groupBy(all, ({ spawnId }) => spawnId),
  };
}

function membersOf(connection: Connection, launchId: string): readonly Claimant[] {
  if (launchId === "") return [];
  // A launch's id is the start of its token; `g` sorts after every hexadecimal digit.
  const rows = connection.all(
    `SELECT spawn_id, member, state, machine, outcome
     FROM launches JOIN spawns ON spawns.number = launches.spawn
     WHERE token >= ? AND token < ?`,
    launchId,
    `${launchId}g`,
  );
  return rows.map(parseClaimant);
}

export function suspect(
  connection: Connection,
  scope: string,
  machines: readonly FoundResource[],
  now: number,
): readonly Suspect[] {
  connection.run(
    `DELETE FROM suspects WHERE scope = ? AND id NOT IN (SELECT value FROM json_each(?))`,
    scope,
    JSON.stringify(machines.map(({ id }) => id)),
  );
  for (const { id, place } of machines)
    connection.run(
      "INSERT OR IGNORE INTO suspects (scope, id, place, since) VALUES (?, ?, ?, ?)",
      scope,
      id,
      place,
      now,
    );
  return suspects(connection, scope);
}

export function suspects(connection: Connection, scope: string): readonly Suspect[] {
  return connection
    .all("SELECT * FROM suspects WHERE scope = ? ORDER BY since, id", scope)
    .map((row) => ({
      id: text(row, "id"),
      place: text(row, "place"),
      since: number(row, "since"),
    }));
}
