import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/storage/database.ts";
import type { Connection } from "../../../src/storage/connection.ts";
import type { Database } from "../../../src/storage/database.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { withPowerCuts } from "../../support/storage/power-cut.ts";

const MIGRATIONS = { notes: ["CREATE TABLE note (text TEXT NOT NULL) STRICT"] };

async function texts(database: Database): Promise<unknown[]> {
  const rows = await database.read((connection) => connection.all("SELECT text FROM note"));
  return rows.map((row) => row["text"]);
}

describe("a light write", () => {
  it("is seen by other processes at once, and leaves the next commits durable", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    await using other = await openDatabase({ path, migrations: MIGRATIONS });
    const during = await database.writeLightly((connection) => {
      connection.run("INSERT INTO note VALUES (?)", "light");
      return connection.get("PRAGMA synchronous");
    });
    expect(during).toEqual({ synchronous: 1 });
    expect(await texts(other)).toEqual(["light"]);
    const after = await database.read((connection) => connection.get("PRAGMA synchronous"));
    expect(after).toEqual({ synchronous: 2 });
  });

  it("is atomic, and leaves the next commit durable if it fails", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    const failing = database.writeLightly((connection) => {
      connection.run("INSERT INTO note VALUES (?)", "half");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await texts(database)).toEqual([]);
    const after = await database.read((connection) => connection.get("PRAGMA synchronous"));
    expect(after).toEqual({ synchronous: 2 });
  });

  it("is undone by a power cut, unless a durable write has followed", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using opened = await openDatabase({ path, migrations: MIGRATIONS });
    const { database, cutPower } = await withPowerCuts(opened);
    const write = (text: string) => (connection: Connection) =>
      connection.run("INSERT INTO note VALUES (?)", text);
    await database.writeLightly(write("light, then durable"));
    await database.write(write("durable"));
    await database.writeLightly(write("light"));
    expect(await texts(database)).toEqual(["light, then durable", "durable", "light"]);
    await using left = await openDatabase({
      path: cutPower(folder.path),
      migrations: MIGRATIONS,
    });
    expect(await texts(left)).toEqual(["light, then durable", "durable"]);
  });

  it("shares a transaction with those of the same time, each atomic in itself", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        database.writeLightly((connection) => {
          connection.run("INSERT INTO note VALUES (?)", `note ${index}`);
          if (index % 10 === 0) throw new Error(`no ${index}`);
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(10);
    expect(await texts(database)).toHaveLength(90);
  });
});
