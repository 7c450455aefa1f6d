import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { readStateFile, writeStateFile } from "../../../../testing/server/state-file.ts";

const SCHEMA = z.strictObject({ version: z.literal(1), names: z.array(z.string()) });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "slipway-state-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const read = (path: string) => readStateFile(path, SCHEMA, "Cloud Nine");

describe("a state file", () => {
  it("gives back what was written, to its owner alone, and leaves nothing beside it", () => {
    const parent = folder();
    const path = join(parent, "state.json");
    expect(read(path)).toBeNull();
    for (const names of [["a"], ["a", "b"]]) {
      writeStateFile(path, { version: 1, names });
      expect(read(path)).toEqual({ version: 1, names });
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(parent)).toEqual(["state.json"]);
  });

  it("goes on from a draft that a killed process left behind", () => {
    const path = join(folder(), "state.json");
    writeFileSync(`${path}.new`, "{ half");
    writeStateFile(path, { version: 1, names: [] });
    expect(read(path)).toEqual({ version: 1, names: [] });
  });

  it.each(["", "{", "[]", '{"version":2}', '{"version":1,"names":[],"more":1}', '{"version":1}'])(
    "is refused, and stays, with %j in it",
    (text) => {
      const path = join(folder(), "state.json");
      writeFileSync(path, text);
      expect(() => read(path)).toThrow(/keeps no state of a stand-in for Cloud Nine/);
      expect(readFileSync(path, "utf8")).toBe(text);
    },
  );

  it.each([
    ["a folder", (path: string) => mkdirSync(path)],
    [
      "too large",
      (path: string) => {
        writeFileSync(path, "");
        truncateSync(path, 256 * 1024 * 1024 + 1);
      },
    ],
  ])("cannot be %s", (_what, make) => {
    const path = join(folder(), "state.json");
    make(path);
    expect(() => read(path)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_INPUT" }),
    );
  });

  it("needs a folder that is there", () => {
    const path = join(folder(), "absent", "state.json");
    expect(read(path)).toBeNull();
    expect(() => writeStateFile(path, {})).toThrow(
      expect.objectContaining({ reason: "INVALID_INPUT" }),
    );
  });
});
