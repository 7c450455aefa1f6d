import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createConnection, loadSqlite } from "../../../src/storage/connection.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import type { Database } from "../../../src/storage/database.ts";
import { createWriteGroups } from "../../../src/storage/write-groups.ts";
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

/** The groups themselves, over transactions that are counted and take time. */
function counted() {
  const { DatabaseSync } = loadSqlite();
  const raw = new DatabaseSync(":memory:");
  raw.exec("CREATE TABLE note (text TEXT NOT NULL) STRICT");
  const connection = createConnection(raw);
  const transactions: number[] = [];
  const write = createWriteGroups({ raw, connection, path: ":memory:" }, async (work) => {
    raw.exec("BEGIN IMMEDIATE");
    const before = Number(raw.prepare("SELECT count(*) AS n FROM note").get()?.["n"]);
    const result = work(connection);
    transactions.push(Number(raw.prepare("SELECT count(*) AS n FROM note").get()?.["n"]) - before);
    raw.exec("COMMIT");
    await Promise.resolve();
    return result;
  });
  return { write, transactions };
}

describe("writes that wait together", () => {
  it("are committed together, in order, however many they are", async () => {
    const { write, transactions } = counted();
    const names = Array.from({ length: 150 }, (_, index) => `n${index}`);
    const written = await Promise.all(
      names.map((name) =>
        write((connection) => {
          connection.run("INSERT INTO note VALUES (?)", name);
          return name;
        }),
      ),
    );
    expect(written).toEqual(names);
    // The first has no other to wait with; no group is so large that the others wait long for it.
    expect(transactions).toEqual([1, 64, 64, 21]);
  });

  it("do not undo one another if one fails", async () => {
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
    // A failed work's earlier statements are undone with it.
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
