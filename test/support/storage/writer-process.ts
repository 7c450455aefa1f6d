/**
 * One of several processes that open and write one database concurrently. Arguments: file, number of writes. It waits
 * for a line on standard input before it opens the file, so that all of them begin together, and prints its result as
 * JSON.
 */
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openDatabase } from "../../../src/storage/database.ts";
import { loadSqlite } from "../../../src/storage/connection.ts";

const [path = "", writes = "0"] = process.argv.slice(2);
// Load SQLite now, so that loading is not part of the measurement.
loadSqlite();
process.stdout.write("ready\n");
await once(process.stdin, "data");

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const database = await openDatabase({
  path,
  migrations: {
    counters: ["CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT"],
  },
});
const increment = (): Promise<number> =>
  database.write((connection) => {
    const value = Number(
      connection.get("SELECT value FROM counter WHERE name = 'c'")?.["value"] ?? 0,
    );
    connection.run("INSERT OR REPLACE INTO counter (name, value) VALUES ('c', ?)", value + 1);
    return value + 1;
  });
// Half of the writes concurrently, half sequentially: a burst must not block the event loop either.
const half = Math.floor(Number(writes) / 2);
const seen = await Promise.all(Array.from({ length: half }, increment));
for (let left = Number(writes) - half; left > 0; left -= 1) seen.push(await increment());
await database.close();
delay.disable();
process.stdin.destroy();
process.stdout.write(
  `${JSON.stringify({ seen, longestDelayMilliseconds: delay.max / 1_000_000 })}\n`,
);
