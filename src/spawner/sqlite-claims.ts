import type { PlacementTarget } from "../plan.ts";
import type { Connection } from "../storage/connection.ts";
import type { ClaimVerdict, FoundMachine, Suspect } from "./ledger.ts";
import { number, text } from "./ledger-rows.ts";
import { claimVerdict } from "./ledger-steps.ts";
import { readPlan, standingOf } from "./sqlite-standing.ts";

/** What a sweep asks of the embedded database. */

export function targets(connection: Connection): readonly PlacementTarget[] {
  return connection
    .all("SELECT plan_hash FROM targets ORDER BY target")
    .map((row) => readPlan(connection, text(row, "plan_hash")).target);
}

export function judge(
  connection: Connection,
  machines: readonly FoundMachine[],
): readonly ClaimVerdict[] {
  return machines.map((machine) => {
    const { launchId, spawnId, launchIndex } = machine;
    // A launch's id is how its token begins: `g` follows every hexadecimal digit.
    const spawns = connection.all(
      `SELECT spawns.* FROM launches JOIN spawns ON spawns.number = launches.spawn
       WHERE token >= ? AND token < ? AND member = coalesce(?, member) AND spawn_id = coalesce(?, spawn_id)`,
      launchId,
      `${launchId}g`,
      spawnId === null ? launchIndex : null,
      spawnId,
    );
    if (launchId === "") return "foreign";
    return claimVerdict(
      spawns.map((row) => standingOf(connection, row)),
      machine,
    );
  });
}

export function suspect(
  connection: Connection,
  scope: string,
  machines: readonly FoundMachine[],
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
