import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPlan, savePlan } from "../../../../src/cli/arguments/plan-file.ts";
import { samplePlan } from "../../../support/sample-plan.ts";
import { scratchFolder } from "../../../support/scratch.ts";

describe("savePlan", () => {
  it("writes a file that only its owner can read, and no other file", async () => {
    using folder = scratchFolder();
    await savePlan(samplePlan(), { file: "plan.json", from: folder.path });
    expect(readdirSync(folder.path)).toEqual(["plan.json"]);
    expect(statSync(join(folder.path, "plan.json")).mode & 0o777).toBe(0o600);
  });

  it("replaces an existing file, including its permissions", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "plan.json");
    writeFileSync(file, "old", { mode: 0o644 });
    await savePlan(samplePlan(), { file, from: "/nowhere" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await readPlan({ file, from: "/nowhere" })).toEqual(samplePlan());
  });

  it.each(["missing/plan.json", "folder"])("rejects %s and leaves no file behind", async (file) => {
    using folder = scratchFolder();
    mkdirSync(join(folder.path, "folder"));
    const saved = savePlan(samplePlan(), { file, from: folder.path });
    await expect(saved).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(readdirSync(folder.path)).toEqual(["folder"]);
  });
});

describe("readPlan", () => {
  it("verifies the plan's hash", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "plan.json");
    await savePlan(samplePlan(), { file, from: "/nowhere" });
    writeFileSync(file, readFileSync(file, "utf8").replace("agent-dev", "agent-prod"));
    await expect(readPlan({ file, from: "/nowhere" })).rejects.toMatchObject({
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
    const read = readPlan({ file: "plan.json", from: folder.path });
    await expect(read).rejects.toMatchObject({ code: "INVALID_ARGUMENT", reason });
  });

  it.each(["missing.json", "."])("names the unreadable file %s", async (file) => {
    using folder = scratchFolder();
    const read = readPlan({ file, from: folder.path });
    await expect(read).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`"${file}"`),
    });
  });
});
