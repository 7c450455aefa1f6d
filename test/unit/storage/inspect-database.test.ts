import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/storage/database.ts";
import { inspectDatabase } from "../../../src/storage/inspect-database.ts";
import { caughtError } from "../../support/caught.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MIGRATIONS = { notes: ["CREATE TABLE note (text TEXT) STRICT"] };

describe("inspectDatabase", () => {
  it("opens a current database, which refuses every write and leaves no files behind", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using writer = await openDatabase({ path, migrations: MIGRATIONS });
    await writer.write((connection) => connection.run("INSERT INTO note VALUES ('kept')"));
    await writer.close();
    const inspection = inspectDatabase({ path, migrations: MIGRATIONS });
    expect(inspection).toMatchObject({
      path,
      versions: new Map([["notes", 1]]),
      journalMode: "wal",
      isCurrent: true,
      readOnly: null,
      warnings: [],
    });
    expect(inspection.freeBytes).toBeGreaterThan(0);
    const { database } = inspection;
    const read = await database?.read((connection) => connection.all("SELECT text FROM note"));
    expect(read).toEqual([{ text: "kept" }]);
    const write = async () =>
      await database?.write((connection) => connection.run("INSERT INTO note VALUES ('new')"));
    expect(await caughtError(write)).toMatchObject({ reason: "STORAGE_READ_ONLY" });
    await inspection[Symbol.asyncDispose]();
    expect(readdirSync(folder.path)).toEqual(["slipway.db"]);
  });

  it("does not migrate an older one, and creates nothing for a missing one", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await (await openDatabase({ path, migrations: MIGRATIONS })).close();
    const newer = { ...MIGRATIONS, more: ["CREATE TABLE more (id)"] };
    await using older = inspectDatabase({ path, migrations: newer });
    expect(older).toMatchObject({ isCurrent: false, versions: new Map([["notes", 1]]) });
    const missing = join(folder.path, "deep", "er", "slipway.db");
    await using absent = inspectDatabase({ path: missing, migrations: MIGRATIONS });
    expect(absent).toMatchObject({ versions: null, database: null, readOnly: null });
    expect(readdirSync(folder.path).filter((name) => !name.startsWith("slipway.db"))).toEqual([]);
  });
});
