import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { NamedFile } from "../../../../src/cli/arguments/input-file.ts";
import { readPlan, savePlan } from "../../../../src/cli/arguments/plan-file.ts";
import { makePipe } from "../../../support/pipe.ts";
import { samplePlan } from "../../../support/sample-plan.ts";
import { scratchFolder } from "../../../support/scratch.ts";

const read = (named: NamedFile) => readPlan(named, new AbortController().signal);

describe("savePlan", () => {
  it("writes a file that only its owner can read, and no other file", () => {
    using folder = scratchFolder();
    savePlan(samplePlan(), { file: "plan.json", from: folder.path });
    expect(readdirSync(folder.path)).toEqual(["plan.json"]);
    expect(statSync(join(folder.path, "plan.json")).mode & 0o777).toBe(0o600);
  });

  it("replaces an existing file, including its permissions", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "plan.json");
    writeFileSync(file, "old", { mode: 0o644 });
    savePlan(samplePlan(), { file, from: "/nowhere" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await read({ file, from: "/nowhere" })).toEqual(samplePlan());
  });

  it.each(["missing/plan.json", "folder"])("rejects %s and leaves no file behind", (file) => {
    using folder = scratchFolder();
    mkdirSync(join(folder.path, "folder"));
    expect(() => savePlan(samplePlan(), { file, from: folder.path })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(readdirSync(folder.path)).toEqual(["folder"]);
  });
});

describe("savePlan and what is in the way", () => {
  it("replaces the file that a link names, and keeps the link", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "kept", "plan.json");
    const link = join(folder.path, "plan.json");
    mkdirSync(join(folder.path, "kept"));
    writeFileSync(file, "old");
    symlinkSync(file, link);
    savePlan(samplePlan(), { file: link, from: "/nowhere" });
    expect(readlinkSync(link)).toBe(file);
    expect(await read({ file, from: "/nowhere" })).toEqual(samplePlan());
    expect(readdirSync(join(folder.path, "kept"))).toEqual(["plan.json"]);
  });

  it.each<readonly [string, (path: string) => void]>([
    ["a pipe", makePipe],
    ["a folder", (path) => mkdirSync(path)],
  ])("leaves %s as it is", (kind, make) => {
    using folder = scratchFolder();
    const file = join(folder.path, "plan.json");
    make(file);
    const before = lstatSync(file);
    expect(() => savePlan(samplePlan(), { file, from: "/nowhere" })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(`: it is ${kind}, not a regular file`),
      }),
    );
    expect(lstatSync(file).ino).toBe(before.ino);
    expect(readdirSync(folder.path)).toEqual(["plan.json"]);
  });

  // A link to a pipe in place of one to /dev/null, which a failure of this test would replace.
  it("leaves what a link names if it is not a file", () => {
    using folder = scratchFolder();
    const file = join(folder.path, "plan.json");
    const pipe = makePipe(join(folder.path, "pipe"));
    symlinkSync(pipe, file);
    expect(() => savePlan(samplePlan(), { file, from: "/nowhere" })).toThrow(/: it is a pipe/);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readlinkSync(file)).toBe(pipe);
  });
});

describe("readPlan", () => {
  it("verifies the plan's hash", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "plan.json");
    savePlan(samplePlan(), { file, from: "/nowhere" });
    writeFileSync(file, readFileSync(file, "utf8").replace("agent-dev", "agent-prod"));
    await expect(read({ file, from: "/nowhere" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_PLAN",
    });
  });

  it.each<readonly [string, string, string]>([
    ["what is not JSON", "plan: yes", "INVALID_PLAN"],
    ["another document", "{}", "INVALID_PLAN"],
    ["nothing", "", "INVALID_PLAN"],
    ["more than a mebibyte", " ".repeat(1024 * 1024 + 1), "INPUT_TOO_LARGE"],
  ])("rejects %s", async (_what, content, reason) => {
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "plan.json"), content);
    const reading = read({ file: "plan.json", from: folder.path });
    await expect(reading).rejects.toMatchObject({ code: "INVALID_ARGUMENT", reason });
  });

  it.each(["missing.json", "."])("names the unreadable file %s", async (file) => {
    using folder = scratchFolder();
    const reading = read({ file, from: folder.path });
    await expect(reading).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`"${file}"`),
    });
  });
});
