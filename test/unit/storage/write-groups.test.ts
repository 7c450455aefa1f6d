import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/storage/database.ts";
import type { Database } from "../../../src/storage/database.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MIGRATIONS = {
  notes: [
    `CREATE TABLE note (text TEXT NOT NULL UNIQUE) STRICT;
     CREATE TABLE side (text TEXT NOT NULL) STRICT`,
  ],
};

function add(database: Database, text: string, failing = false): Promise<string> {
  return database.write((connection) => {
    connection.run("INSERT INTO side VALUES (?)", text);
    connection.run("INSERT INTO note VALUES (?)", text);
    if (failing) throw new RangeError(`${text} gives up`);
    return text;
  });
}

async function texts(database: Database, table: "note" | "side"): Promise<unknown[]> {
  const rows = await database.read((connection) =>
    connection.all(`SELECT text FROM ${table} ORDER BY rowid`),
  );
  return rows.map((row) => row["text"]);
}

/** How often the file's write-ahead log was committed to, as SQLite counts the changes that others see. */
async function commits(database: Database, work: () => Promise<unknown>): Promise<number> {
  await using onlooker = await openDatabase({ path: database.path, migrations: MIGRATIONS });
  let seen = 0;
  let last: unknown = null;
  let done = false;
  const looking = async (): Promise<void> => {
    while (!done) {
      const version = await onlooker.read(
        (connection) => connection.get("PRAGMA data_version")?.["data_version"],
      );
      if (last !== null && version !== last) seen += 1;
      last = version;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const looked = looking();
  await work();
  done = true;
  await looked;
  return seen;
}

describe("writes that wait together", () => {
  it("reach the disk together, in their order", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    const names = Array.from({ length: 500 }, (_, index) => `n${index}`);
    const seen = await commits(database, async () => {
      const written = await Promise.all(names.map((name) => add(database, name)));
      expect(written).toEqual(names);
    });
    expect(await texts(database, "note")).toEqual(names);
    expect(seen).toBeLessThan(50);
  });

  it("take nothing of one another back where one fails", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    const outcomes = await Promise.allSettled([
      add(database, "first"),
      add(database, "second"),
      add(database, "third", true),
      add(database, "second"),
      add(database, "last"),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
    expect(outcomes[2]).toMatchObject({ reason: { code: "INTERNAL" } });
    expect(await texts(database, "note")).toEqual(["first", "second", "last"]);
    // What a failed one did before it failed is gone with it.
    expect(await texts(database, "side")).toEqual(["first", "second", "last"]);
  });

  it("are all written before the database closes", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    const database = await openDatabase({ path, migrations: MIGRATIONS });
    const writing = ["a", "b", "c"].map((text) => add(database, text));
    await database.close();
    await Promise.all(writing);
    await using again = await openDatabase({ path, migrations: MIGRATIONS });
    expect(await texts(again, "note")).toEqual(["a", "b", "c"]);
  });
});
