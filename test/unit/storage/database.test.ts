import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import type { Database } from "../../../src/storage/database.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MIGRATIONS = { notes: ["CREATE TABLE note (text TEXT NOT NULL) STRICT"] };

async function caught(action: Promise<unknown>): Promise<SlipwayError> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isSlipwayError(error)) throw new Error(`expected a SlipwayError, got ${String(error)}`);
  return error;
}

async function texts(database: Database): Promise<unknown[]> {
  const rows = await database.read((connection) => connection.all("SELECT text FROM note"));
  return rows.map((row) => row["text"]);
}

async function add(database: Database, text: string): Promise<void> {
  await database.write((connection) => connection.run("INSERT INTO note VALUES (?)", text));
}

describe("openDatabase", () => {
  it("creates the file for this user alone, in a folder for this user alone", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "data", "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    await add(database, "x");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(`${path}-wal`)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder.path, "data"))).mode & 0o777).toBe(0o700);
  });

  it("keeps a write-ahead log and syncs every commit", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    const settings = await database.read((connection) => [
      connection.get("PRAGMA journal_mode")?.["journal_mode"],
      connection.get("PRAGMA synchronous")?.["synchronous"],
      connection.get("PRAGMA foreign_keys")?.["foreign_keys"],
    ]);
    expect(settings).toEqual(["wal", 2, 1]);
  });

  it("applies each component's migrations once, and later ones to an existing file", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    {
      await using database = await openDatabase({ path, migrations: MIGRATIONS });
      await add(database, "kept");
    }
    await using database = await openDatabase({
      path,
      migrations: {
        notes: [...MIGRATIONS.notes, "ALTER TABLE note ADD COLUMN author TEXT"],
        others: ["CREATE TABLE other (id INTEGER)"],
      },
    });
    const row = await database.read((connection) => connection.get("SELECT * FROM note"));
    expect({ ...row }).toEqual({ text: "kept", author: null });
  });

  it("leaves nothing of a migration that fails", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    const broken = { notes: [...MIGRATIONS.notes, "CREATE NONSENSE"] };
    expect((await caught(openDatabase({ path, migrations: broken }))).code).toBe("INTERNAL");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    expect(await texts(database)).toEqual([]);
  });

  it("refuses a file that a newer version wrote", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    const newer = { notes: [...MIGRATIONS.notes, "CREATE TABLE future (id INTEGER)"] };
    await (await openDatabase({ path, migrations: newer })).close();
    const error = await caught(openDatabase({ path, migrations: MIGRATIONS }));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "STORAGE_VERSION" });
    expect(error.message).toContain(path);
    expect(error.message).toContain("its notes schema is 2, this one knows 1");
  });

  it.each([
    ["an empty path", "", "INVALID_ARGUMENT", "INVALID_INPUT"],
    ["a NUL in the path", "a\0b", "INVALID_ARGUMENT", "INVALID_INPUT"],
  ])("refuses %s", async (_, path, code, reason) => {
    expect(await caught(openDatabase({ path, migrations: MIGRATIONS }))).toMatchObject({
      code,
      reason,
    });
  });

  it("reports a file that is not a database", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await writeFile(
      path,
      "this is a text of some length, and certainly not a database\n".repeat(40),
    );
    const error = await caught(openDatabase({ path, migrations: MIGRATIONS }));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "STORAGE_DAMAGED" });
    expect(error.message).toContain(path);
  });

  it("reports a folder that is not a database, and a file that is not a folder", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await mkdir(path);
    expect(await caught(openDatabase({ path, migrations: MIGRATIONS }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_UNAVAILABLE",
      message: `database ${path} cannot be opened: it is a folder, not a regular file`,
    });
    await writeFile(join(folder.path, "file"), "");
    const under = join(folder.path, "file", "slipway.db");
    expect(await caught(openDatabase({ path: under, migrations: MIGRATIONS }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_UNAVAILABLE",
    });
  });

  it.skipIf(process.getuid?.() === 0)("reports that it must not write", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await (await openDatabase({ path, migrations: MIGRATIONS })).close();
    await chmod(path, 0o400);
    expect(
      await caught(openDatabase({ path, migrations: { more: ["CREATE TABLE more (id)"] } })),
    ).toMatchObject({ reason: "STORAGE_READ_ONLY" });
    await chmod(folder.path, 0o500);
    const other = join(folder.path, "deeper", "slipway.db");
    expect(await caught(openDatabase({ path: other, migrations: MIGRATIONS }))).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "STORAGE_UNAVAILABLE",
    });
    await chmod(folder.path, 0o700);
  });
});

describe("a database", () => {
  it("writes a whole transaction or nothing", async () => {
    using folder = scratchFolder();
    await using database = await openDatabase({
      path: join(folder.path, "slipway.db"),
      migrations: MIGRATIONS,
    });
    const failure = new SlipwayError({
      code: "ABORTED",
      reason: "GENERATION_MISMATCH",
      message: "no",
    });
    const write = database.write((connection) => {
      connection.run("INSERT INTO note VALUES ('half')");
      throw failure;
    });
    expect(await caught(write)).toBe(failure);
    expect(await texts(database)).toEqual([]);
    await add(database, "whole");
    expect(await texts(database)).toEqual(["whole"]);
  });

  it("keeps other processes from writing after its first statement", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    using other = new DatabaseSync(path, { timeout: 0 });
    const locked = await database.write(() => {
      try {
        other.exec("BEGIN IMMEDIATE");
        return false;
      } catch {
        return true;
      }
    });
    expect(locked).toBe(true);
  });

  it("refuses asynchronous work and keeps nothing of it", async () => {
    using folder = scratchFolder();
    await using database = await openDatabase({
      path: join(folder.path, "slipway.db"),
      migrations: MIGRATIONS,
    });
    const write = database.write(async (connection) => {
      connection.run("INSERT INTO note VALUES ('late')");
      await Promise.resolve();
    });
    expect((await caught(write)).code).toBe("INTERNAL");
    expect(await texts(database)).toEqual([]);
  });

  it("runs writes in the order of their calls", async () => {
    using folder = scratchFolder();
    await using database = await openDatabase({
      path: join(folder.path, "slipway.db"),
      migrations: MIGRATIONS,
    });
    const names = Array.from({ length: 50 }, (_, index) => `note ${index}`);
    await Promise.all(names.map((name) => add(database, name)));
    expect(await texts(database)).toEqual(names);
  });

  it("finishes waiting writes before it closes, and refuses later ones", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    const database = await openDatabase({ path, migrations: MIGRATIONS });
    const writes = [add(database, "one"), add(database, "two")];
    await database.close();
    await Promise.all(writes);
    await database.close();
    expect(await caught(add(database, "three"))).toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    await using again = await openDatabase({ path, migrations: MIGRATIONS });
    expect(await texts(again)).toEqual(["one", "two"]);
  });

  it("reports a full disk and stays usable", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({ path, migrations: MIGRATIONS });
    await database.read((connection) => connection.get("PRAGMA max_page_count = 8"));
    const error = await caught(add(database, "x".repeat(100_000)));
    expect(error).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "STORAGE_FULL" });
    expect(error.message).toContain(path);
    await add(database, "small");
    expect(await texts(database)).toEqual(["small"]);
  });

  it("waits while another process creates the same file", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    using other = new DatabaseSync(path);
    other.exec("BEGIN EXCLUSIVE; CREATE TABLE theirs (id INTEGER)");
    const pause = {
      now: () => 0,
      sleep: async () => {
        if (other.isTransaction) other.exec("COMMIT");
        await Promise.resolve();
      },
      turn: () => Promise.resolve(),
      random: () => 0,
    };
    await using database = await openDatabase({ path, migrations: MIGRATIONS, pause });
    await add(database, "mine");
    expect(await texts(database)).toEqual(["mine"]);
    expect(other.isTransaction).toBe(false);
  });

  it("waits for another process's lock on the injected clock, and fails with STORAGE_BUSY", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    let time = 0;
    const waits: number[] = [];
    const pause = {
      now: () => time,
      sleep: async (milliseconds: number) => {
        waits.push(milliseconds);
        // One long wait: the limit is in time, not in attempts.
        time += 1000;
        await Promise.resolve();
      },
      turn: () => Promise.resolve(),
      random: () => 0.5,
    };
    await using database = await openDatabase({ path, migrations: MIGRATIONS, pause });
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    using other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const error = await caught(add(database, "x"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", reason: "STORAGE_BUSY" });
    expect(error.retry).toBe("same-token");
    expect(waits).toHaveLength(30);
    expect(Math.max(...waits)).toBeLessThanOrEqual(40);
    expect(await texts(database)).toEqual([]);
    other.exec("COMMIT");
    await add(database, "y");
    expect(await texts(database)).toEqual(["y"]);
  });
});
