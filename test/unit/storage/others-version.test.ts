import { join } from "node:path";
import { expect, it } from "vitest";
import { openDatabase } from "../../../src/storage/database.ts";
import type { Database } from "../../../src/storage/database.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MIGRATIONS = { notes: ["CREATE TABLE note (text TEXT NOT NULL) STRICT"] };

async function add(database: Database, text: string): Promise<void> {
  await database.write((connection) => connection.run("INSERT INTO note VALUES (?)", text));
}

it("changes when another connection has written, and not with its own writes", async () => {
  using folder = scratchFolder();
  const path = join(folder.path, "slipway.db");
  await using database = await openDatabase({ path, migrations: MIGRATIONS });
  await using other = await openDatabase({ path, migrations: MIGRATIONS });
  const before = await database.othersVersion();
  await add(database, "own");
  expect(await database.othersVersion()).toBe(before);
  await other.read((connection) => connection.all("SELECT text FROM note"));
  expect(await database.othersVersion()).toBe(before);
  await add(other, "another's");
  const after = await database.othersVersion();
  expect(after).not.toBe(before);
  expect(await database.othersVersion()).toBe(after);
  await database.close();
  await expect(database.othersVersion()).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
});
