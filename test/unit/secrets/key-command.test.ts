import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyCommand } from "../../../src/secrets/key-command.ts";
import { givenKey } from "../../../src/secrets/key-source.ts";
import { caughtError } from "../../support/caught.ts";
import { scratchFolder } from "../../support/scratch.ts";

const ENVIRONMENT = { PATH: process.env["PATH"], KEY: Buffer.alloc(32, 7).toString("base64") };

describe("keyCommand", () => {
  it("loads what the command prints, and runs it once", async () => {
    using folder = scratchFolder();
    const runs = join(folder.path, "runs");
    const keys = keyCommand(`echo run >> ${runs}; echo "$KEY"`, ENVIRONMENT);
    const expected = await givenKey(ENVIRONMENT.KEY).load();
    const loaded = await Promise.all([keys.load(), keys.create(), keys.load()]);
    for (const one of loaded) expect(one?.map(({ id }) => id)).toEqual([expected?.[0].id]);
    expect(await readFile(runs, "utf8")).toBe("run\n");
  });

  it("rotates to the first of several keys", async () => {
    const keys = keyCommand('echo "$NEW"; echo "$KEY"', {
      ...ENVIRONMENT,
      NEW: Buffer.alloc(32, 8).toString("base64"),
    });
    const [fresh, old] = (await keys.rotate()).keys;
    const [expected] = (await givenKey(ENVIRONMENT.KEY).load()) ?? [];
    expect(old?.id).toBe(expected?.id);
    expect(fresh.id).not.toBe(expected?.id);
  });

  it.each([
    ["exit 3", "the key command failed (exit 3)"],
    ["echo no token >&2; exit 1", "the key command failed (exit 1): no token"],
    ["kill -9 $$", "the key command failed (exit by a signal)"],
    ["slipway-test-no-such-program", /^the key command failed \(exit 127\): .*not found$/],
    ["echo hunter2", "the key command does not hold a key: 32 bytes in base64"],
    ["true", "the key command does not hold a key: 32 bytes in base64"],
    ["sleep 60", "the key command did not end within 500 ms"],
  ])("reports a command that fails: %s", async (command, message) => {
    const error = await caughtError(() => keyCommand(command, ENVIRONMENT, 500).load());
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_KEY_INVALID" });
    expect(error.message).toMatch(message);
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });

  it("runs again after a failure", async () => {
    using folder = scratchFolder();
    const mark = join(folder.path, "mark");
    const keys = keyCommand(
      `test -e ${mark} || { touch ${mark}; exit 1; }; echo "$KEY"`,
      ENVIRONMENT,
    );
    await caughtError(() => keys.load());
    expect(await keys.load()).toHaveLength(1);
  });
});
