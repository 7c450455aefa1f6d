import { copyFile } from "node:fs/promises";
import type { Slipway } from "../src/slipway/slipway.ts";
import { openDatabase } from "../src/storage/database.ts";

/** A spawn that has ended. */
export async function spawnOnce(slipway: Slipway): Promise<string> {
  const { spawnId } = await slipway.spawnWorkspace("bench", { wait: "accepted" });
  await slipway.terminateSpawn(spawnId);
  return spawnId;
}

/** A copy of a ledger in which a finished spawn is repeated, with all its records. */
export async function fillLedger(
  from: string,
  path: string,
  { kept, count }: { readonly kept: string; readonly count: number },
): Promise<void> {
  // Copy the content of the log into the database file first.
  const source = await openDatabase({ path: from, migrations: {} });
  await source.read((connection) => connection.get("PRAGMA wal_checkpoint(TRUNCATE)"));
  await source.close();
  await copyFile(from, path);
  const copy = await openDatabase({ path, migrations: {} });
  const many = `WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ${count})`;
  await copy.write((connection) => {
    const number = Number(
      connection.get("SELECT number FROM spawns WHERE spawn_id = ?", kept)?.["number"],
    );
    const last = Number(connection.get("SELECT max(number) AS last FROM spawns")?.["last"]);
    connection.run(
      `${many} INSERT INTO spawns SELECT ? + n, tenant, 'old-' || n, workspace, state, plan_id,
         plan_hash, substrate, machine, error, worker, lease_until, fence, created_at, updated_at, input
       FROM many JOIN spawns ON number = ?`,
      last,
      number,
    );
    connection.run(
      `${many} INSERT INTO launches
         SELECT ? + n, attempt, candidate, place, lower(hex(randomblob(32))), member, at, outcome, reason,
           blast_radius, machine_type
       FROM many JOIN launches ON spawn = ?`,
      last,
      number,
    );
    connection.run(
      `${many} INSERT INTO events (spawn, at, state, message) SELECT ? + n, at, state, message
       FROM many JOIN events ON spawn = ?`,
      last,
      number,
    );
  });
  await copy.close();
}
