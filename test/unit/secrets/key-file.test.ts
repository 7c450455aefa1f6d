import { symlinkSync } from "node:fs";
import {
  chmod,
  chown,
  lchown,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFile } from "../../../src/secrets/key-file.ts";
import type { SealingKeys } from "../../../src/secrets/key-source.ts";
import { caughtError } from "../../support/caught.ts";
import { makePipe } from "../../support/pipe.ts";
import { scratchFolder } from "../../support/scratch.ts";

const idsOf = (keys: SealingKeys | null) => keys?.map(({ id }) => id) ?? [];
const KEY_TEXT = Buffer.alloc(32, 7).toString("base64");

describe("keyFile", () => {
  it("has no key if there is no file", async () => {
    using folder = scratchFolder();
    expect(await keyFile(join(folder.path, "none.key")).load()).toBeNull();
  });

  it("creates a key that only this user can read, and keeps it", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "keys", "slipway.key");
    const made = await keyFile(path).create();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder.path, "keys"))).mode & 0o777).toBe(0o700);
    expect(idsOf(await keyFile(path).load())).toEqual(idsOf(made));
    expect(idsOf(await keyFile(path).create())).toEqual(idsOf(made));
    expect(await readdir(join(folder.path, "keys"))).toEqual(["slipway.key"]);
    expect(Buffer.from(await readFile(path, "utf8"), "base64")).toHaveLength(32);
  });

  it("creates one key for any number of concurrent callers", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    const made = await Promise.all(Array.from({ length: 20 }, () => keyFile(path).create()));
    expect(new Set(made.flatMap(idsOf)).size).toBe(1);
    expect(await readdir(folder.path)).toEqual(["slipway.key"]);
  });

  it.each([0o640, 0o604, 0o660, 0o666, 0o610])("rejects a file of mode %i", async (mode) => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    await writeFile(path, KEY_TEXT);
    await chmod(path, mode);
    const error = await caughtError(() => keyFile(path).load());
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_KEY_INVALID" });
    expect(error.message).toContain(path);
    expect(error.remedy).toContain("chmod 600");
    await chmod(path, 0o400);
    expect(await keyFile(path).load()).not.toBeNull();
  });

  it.runIf(process.geteuid?.() === 0)(
    "rejects another user's file, even as root, and accepts root's own",
    async () => {
      using folder = scratchFolder();
      const path = join(folder.path, "slipway.key");
      await writeFile(path, KEY_TEXT, { mode: 0o600 });
      expect(await keyFile(path).load()).not.toBeNull();
      await chown(path, 4242, 0);
      const error = await caughtError(() => keyFile(path).load());
      expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_KEY_INVALID" });
      expect(error.message).toBe(`key file ${path} belongs to another user (uid 4242)`);
      expect(error.remedy).toContain("Run Slipway as that user");
    },
  );

  it("follows a symbolic link, because secrets are mounted into containers that way", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    await writeFile(join(folder.path, "..data"), KEY_TEXT, { mode: 0o600 });
    await symlink("..data", path);
    expect(await keyFile(path).load()).not.toBeNull();
    await chmod(join(folder.path, "..data"), 0o644);
    expect((await caughtError(() => keyFile(path).load())).remedy).toContain("chmod 600");
  });

  it.runIf(process.geteuid?.() === 0)(
    "rejects another user's link, also to a key of this user's own, and a new key there",
    async () => {
      using folder = scratchFolder();
      const path = join(folder.path, "slipway.key");
      await symlink("real.key", path);
      await lchown(path, 4242, 0);
      const rejection = {
        reason: "SECRET_KEY_INVALID",
        message: `key file ${path} is a symbolic link of another user (uid 4242)`,
        remedy: "Name a file of your own.",
      };
      expect(await caughtError(() => keyFile(path).create())).toMatchObject(rejection);
      await writeFile(join(folder.path, "real.key"), KEY_TEXT, { mode: 0o600 });
      expect(await caughtError(() => keyFile(path).load())).toMatchObject(rejection);
      await lchown(path, 0, 0);
      expect(await keyFile(path).load()).not.toBeNull();
    },
  );

  it.each<readonly [string, (path: string) => void]>([
    ["a pipe", makePipe],
    ["a device", (path) => symlinkSync("/dev/zero", path)],
  ])("rejects %s without waiting for it", async (kind, make) => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    make(path);
    expect((await caughtError(() => keyFile(path).load())).message).toBe(
      `key file ${path} cannot be used: it is ${kind}, not a regular file`,
    );
  });

  it.each([
    ["empty", ""],
    ["short", Buffer.alloc(31, 7).toString("base64")],
    ["long", Buffer.alloc(33, 7).toString("base64")],
    ["no base64", "*".repeat(44)],
    ["two keys without a space", `${KEY_TEXT}${KEY_TEXT}`],
    ["a large file", `${KEY_TEXT}${" ".repeat(10_000)}`],
  ])("rejects a file that is %s, and does not print it", async (_, text) => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    await writeFile(path, text, { mode: 0o600 });
    const error = await caughtError(() => keyFile(path).load());
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_KEY_INVALID" });
    expect(JSON.stringify(error)).not.toContain(KEY_TEXT.slice(0, 20));
  });

  it("reports other problems with the file", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    await mkdir(path, { mode: 0o700 });
    expect((await caughtError(() => keyFile(path).load())).reason).toBe("SECRET_KEY_INVALID");
    const under = join(folder.path, "file", "slipway.key");
    await writeFile(join(folder.path, "file"), "");
    expect((await caughtError(() => keyFile(under).create())).message).toContain("cannot be used");
  });
});
