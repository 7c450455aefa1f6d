import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { makePipe } from "../../../support/pipe.ts";
import { readStateFile, writeStateFile } from "../../../../testing/server/state-file.ts";

const SCHEMA = z.strictObject({ version: z.literal(1), names: z.array(z.string()) });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "slipway-state-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const read = (path: string) => readStateFile(path, SCHEMA, "Cloud Nine");

describe("a state file", () => {
  it("returns the saved state, is readable by its owner only, and leaves no other file", async () => {
    const parent = folder();
    const path = join(parent, "state.json");
    expect(await read(path)).toBeNull();
    for (const names of [["a"], ["a", "b"]]) {
      writeStateFile(path, { version: 1, names });
      expect(await read(path)).toEqual({ version: 1, names });
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(parent)).toEqual(["state.json"]);
  });

  it("does not replace a pipe, nor one that a link names", () => {
    const parent = folder();
    const pipe = makePipe(join(parent, "pipe"));
    const link = join(parent, "state.json");
    symlinkSync(pipe, link);
    for (const path of [pipe, link])
      expect(() => writeStateFile(path, { version: 1, names: [] })).toThrow(/it is a pipe/);
    expect(statSync(link).isFIFO()).toBe(true);
  });

  it.each(["", "{", "[]", '{"version":2}', '{"version":1,"names":[],"more":1}', '{"version":1}'])(
    "is rejected and left unchanged with the content %j",
    async (text) => {
      const path = join(folder(), "state.json");
      writeFileSync(path, text);
      await expect(read(path)).rejects.toThrow(
        /is not a state file of the Cloud Nine fake: (?!.*Invalid input)/,
      );
      expect(readFileSync(path, "utf8")).toBe(text);
    },
  );

  it.each<readonly [string, (path: string) => void]>([
    ["a folder", (path) => mkdirSync(path)],
    ["a pipe", makePipe],
    [
      "too large",
      (path) => {
        writeFileSync(path, "");
        truncateSync(path, 256 * 1024 * 1024 + 1);
      },
    ],
  ])("cannot be %s", async (_what, make) => {
    const path = join(folder(), "state.json");
    make(path);
    await expect(read(path)).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_INPUT" }),
    );
  });

  it("needs an existing folder", async () => {
    const path = join(folder(), "absent", "state.json");
    expect(await read(path)).toBeNull();
    expect(() => writeStateFile(path, {})).toThrow(
      expect.objectContaining({ reason: "INVALID_INPUT" }),
    );
  });
});
