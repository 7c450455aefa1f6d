import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "../../../src/storage/connection.ts";
import type { Database } from "../../../src/storage/database.ts";

/** A database with a known state on disk, for simulating a power cut. */
export interface PoweredDatabase {
  readonly database: Database;
  /**
   * Copies the database into a folder in the state that a power cut would leave: with the commits that have reached the
   * disk and none that came after the last of them.
   *
   * @returns the copy's path
   */
  readonly cutPower: (folder: string) => string;
}

/**
 * SQLite syncs its log in one place only: at the commit of a durable write, together with everything before it
 * (https://www.sqlite.org/pragma.html#pragma_synchronous). The number of commits at that time shows how much is on disk.
 */
export async function withPowerCuts(database: Database): Promise<PoweredDatabase> {
  const log = `${database.path}-wal`;
  // A checkpoint would restart the log, and the count with it.
  await database.write((connection) => connection.get("PRAGMA wal_autocheckpoint = 0"));
  let durable = commitEnds(readFileSync(log)).length;
  return {
    database: {
      ...database,
      async write<T>(work: (connection: Connection) => T): Promise<T> {
        let commits = 0;
        const result = await database.write((connection) => {
          // Within the transaction no other can commit: this one is the next.
          commits = commitEnds(readFileSync(log)).length + 1;
          return work(connection);
        });
        durable = Math.max(durable, commits);
        return result;
      },
    },
    cutPower(folder) {
      const path = join(folder, "after-power-cut.db");
      const whole = readFileSync(log);
      copyFileSync(database.path, path);
      writeFileSync(`${path}-wal`, whole.subarray(0, commitEnds(whole)[durable - 1] ?? 0));
      return path;
    },
  };
}

const HEADER = 32;
const FRAME_HEADER = 24;

/** Where each commit ends in a write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
function commitEnds(log: Buffer): readonly number[] {
  if (log.length < HEADER) return [];
  const frame = FRAME_HEADER + log.readUInt32BE(8);
  const ends: number[] = [];
  for (let start = HEADER; start + frame <= log.length; start += frame)
    // The size of the database in pages, for the last frame of a commit alone.
    if (log.readUInt32BE(start + 4) > 0) ends.push(start + frame);
  return ends;
}
