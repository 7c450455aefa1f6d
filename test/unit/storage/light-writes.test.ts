import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/storage/database.ts";
import type { Database } from "../../../src/storage/database.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MIGRATIONS = { notes: ["CREATE TABLE note (text TEXT NOT NULL) STRICT"] };

async function texts(database: Database): Promise<unknown[]> {
  const rows = await database.read((connection) => connection.all("SELECT text FROM note"));
  return rows.map((row) => row["text"]);
}

describe("a light write", () => {
  it("is seen by another at once, and leaves the commits after it durable", async () => {
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

  it("is all or nothing, and leaves the next durable where it fails", async () => {
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
});
