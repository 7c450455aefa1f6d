import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/storage/database.ts";
import { refuseReplaced, refuseUnsafe } from "../../../src/storage/database-file.ts";
import { caughtError } from "../../support/caught.ts";
import { makePipe } from "../../support/pipe.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MIGRATIONS = { notes: ["CREATE TABLE note (text TEXT NOT NULL) STRICT"] };
const isRoot = process.geteuid?.() === 0;
const ANOTHER_USER = 4242;

/** Opens the database and closes it; returns the warnings. */
async function open(path: string): Promise<readonly string[]> {
  const warnings: string[] = [];
  await using _database = await openDatabase({
    path,
    migrations: MIGRATIONS,
    onWarning: ({ message, remedy }) => warnings.push(`${message} ${remedy}`),
  });
  return warnings;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("a symbolic link as database", () => {
  it("has its file created for this user alone, with no warning", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    mkdirSync(join(folder.path, "elsewhere"));
    symlinkSync("second", path);
    symlinkSync(join(folder.path, "elsewhere", "real.db"), join(folder.path, "second"));
    expect(await open(path)).toEqual([]);
    expect(modeOf(join(folder.path, "elsewhere", "real.db"))).toBe(0o600);
  });

  it("is the database that it leads to", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "real.db");
    const link = join(folder.path, "slipway.db");
    symlinkSync("real.db", link);
    await using first = await openDatabase({ path: link, migrations: MIGRATIONS });
    await first.write((connection) => connection.run("INSERT INTO note VALUES ('x')"));
    await using second = await openDatabase({ path: file, migrations: MIGRATIONS });
    const rows = await second.read((connection) => connection.all("SELECT text FROM note"));
    expect(rows).toHaveLength(1);
    expect(first.path).toBe(link);
  });

  it("without an end is refused", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    symlinkSync("slipway.db", path);
    expect(await caughtError(() => open(path))).toMatchObject({
      reason: "STORAGE_UNSAFE",
      message: `database ${path} is a symbolic link without an end`,
    });
  });

  it.runIf(isRoot)("of another user is refused, and creates nothing", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    symlinkSync("real.db", path);
    lchownSync(path, ANOTHER_USER, ANOTHER_USER);
    expect(await caughtError(() => open(path))).toMatchObject({
      reason: "STORAGE_UNSAFE",
      message: `database ${path} is a symbolic link of another user (uid ${ANOTHER_USER})`,
    });
    expect(existsSync(join(folder.path, "real.db"))).toBe(false);
  });
});

/** The database and the files that SQLite reads beside it. */
const FILES = ["", "-wal", "-shm", "-journal"] as const;

describe.each(FILES)("the file slipway.db%s", (ending) => {
  async function existing(folder: string): Promise<{ database: string; file: string }> {
    const database = join(folder, "slipway.db");
    await open(database);
    const file = `${database}${ending}`;
    if (ending !== "") writeFileSync(file, "", { mode: 0o600 });
    return { database, file };
  }

  it("is refused if every user can write to it", async () => {
    using folder = scratchFolder();
    const { database, file } = await existing(folder.path);
    chmodSync(file, 0o666);
    expect(await caughtError(() => open(database))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_UNSAFE",
      message: `database ${file} can be written by every user of this machine, who can change what is launched`,
      remedy: expect.stringContaining(`chmod 600 ${file}`),
    });
    chmodSync(file, 0o600);
    expect(await open(database)).toEqual([]);
  });

  it.runIf(isRoot)("is refused if it belongs to another user", async () => {
    using folder = scratchFolder();
    const { database, file } = await existing(folder.path);
    chownSync(file, ANOTHER_USER, 0);
    expect(await caughtError(() => open(database))).toMatchObject({
      reason: "STORAGE_UNSAFE",
      message: `database ${file} belongs to another user (uid ${ANOTHER_USER}), who can change what is launched`,
      remedy: "Run Slipway as that user, or name a database of your own.",
    });
  });

  it("is refused if it is a pipe, without waiting for it", async () => {
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    const file = makePipe(`${database}${ending}`);
    expect(await caughtError(() => open(database))).toMatchObject({
      reason: "STORAGE_UNAVAILABLE",
      message: `database ${file} cannot be opened: it is a pipe, not a regular file`,
      remedy: "Name another database: it and the logs next to it must be regular files.",
    });
  });
});

describe("a link beside the database", () => {
  it("is refused: SQLite would write to what it names", async () => {
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    const victim = join(folder.path, "victim");
    writeFileSync(victim, "precious", { mode: 0o600 });
    symlinkSync(victim, `${database}-wal`);
    expect(await caughtError(() => open(database))).toMatchObject({
      reason: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining(`${database}-wal cannot be opened: it is a symbolic link`),
    });
    expect(statSync(victim).size).toBe("precious".length);
  });
});

describe("a database that was replaced while it was opened", () => {
  it("is refused", async () => {
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    await open(database);
    const before = refuseUnsafe(database);
    expect(() => refuseReplaced(database, before)).not.toThrow();
    // The old file stays, so that its number cannot be given to the new one.
    linkSync(database, join(folder.path, "old.db"));
    writeFileSync(join(folder.path, "new.db"), "", { mode: 0o600 });
    renameSync(join(folder.path, "new.db"), database);
    expect(await caughtError(() => refuseReplaced(database, before))).toMatchObject({
      reason: "STORAGE_UNSAFE",
      message: `database ${database} was replaced while Slipway opened it`,
    });
  });
});

describe("a warning", () => {
  it.each([
    [0o644, "can be read by every user of this machine"],
    [0o660, "can be written by its group"],
    [0o664, "can be written by its group"],
  ])("comes with mode %o, and the remedy ends it", async (mode, what) => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await open(path);
    chmodSync(path, mode);
    expect(await open(path)).toEqual([`database ${path} ${what} Run \`chmod 600 ${path}\`.`]);
    chmodSync(path, 0o600);
    expect(await open(path)).toEqual([]);
  });

  it("does not come for a group that may read", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await open(path);
    chmodSync(path, 0o640);
    expect(await open(path)).toEqual([]);
  });

  it("comes for a folder in which every user can replace the file, and not for one like /tmp", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    chmodSync(folder.path, 0o1777);
    expect(await open(path)).toEqual([]);
    chmodSync(folder.path, 0o777);
    expect(await open(path)).toEqual([
      expect.stringContaining(`database ${path} can be replaced by every user`),
    ]);
  });

  it.runIf(isRoot)("comes for another user's folder", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await open(path);
    chownSync(folder.path, ANOTHER_USER, 0);
    expect(await open(path)).toEqual([
      expect.stringContaining(
        `database ${path} can be replaced by another user (uid ${ANOTHER_USER}), the owner of its folder`,
      ),
    ]);
  });
});
