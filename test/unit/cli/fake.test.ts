import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startEc2 } from "../../../testing/ec2/index.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { runInMemory } from "./support/command-line.ts";

/** Runs the fake in a folder; if it starts, it is interrupted at once. */
async function fake(folder: string, ...argv: readonly string[]) {
  return await runInMemory(["fake", ...argv], {
    workingDirectory: folder,
    interrupt: AbortSignal.abort(),
  });
}

describe.each(["ec2", "gce"])("slipway fake %s", (cloud) => {
  it("prints its URL, and exits with 0 when it is interrupted", async () => {
    const ran = await fake("/nowhere", cloud);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^listening on http:\/\/127\.0\.0\.1:[1-9]\d*\n\n/);
  });

  it("prints the same with -o json", async () => {
    const ran = await fake("/nowhere", cloud, "-o", "json");
    expect(ran.stdout).toMatch(/^listening on /);
  });

  it("creates its state file at start and accepts it again", async () => {
    using folder = scratchFolder();
    for (const _turn of ["made", "found"])
      expect(await fake(folder.path, cloud, "--state", "state.json")).toMatchObject({
        exitCode: 0,
      });
    expect(existsSync(join(folder.path, "state.json"))).toBe(true);
  });

  it.each([
    ["a port out of range", ["--port", "65536"], '"65536" is not a valid port'],
    ["a port in words", ["--port", "http"], '"http" is not a valid port'],
    ["a negative port", ["--port=-1"], '"-1" is not a valid port'],
    [
      "an absent faults file",
      ["--faults", "absent.json"],
      'faults file "absent.json": it does not exist',
    ],
    ["a folder as faults file", ["--faults", "folder"], 'faults file "folder": it is a folder'],
    [
      "an unknown kind of fault",
      ["--faults", "fire.json"],
      "faults.0.kind: expected one of throttle,",
    ],
    ["a faults file that is not JSON", ["--faults", "half.json"], "line 1"],
    ["a duplicate key", ["--faults", "twice.json"], "faults"],
    ["a faults file that is too large", ["--faults", "large.json"], "larger than 1048576 bytes"],
    ["a state file in an absent folder", ["--state", "absent/state.json"], "cannot be written"],
    ["a folder as state file", ["--state", "folder"], "cannot be read"],
    ["a state file with other content", ["--state", "fire.json"], "is not a state file of the"],
  ])("rejects %s before it starts", async (_what, flags, message) => {
    using folder = scratchFolder();
    const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
    mkdirSync(join(folder.path, "folder"));
    write("fire.json", '{"faults":[{"kind":"fire"}]}');
    write("half.json", '{"faults":[');
    write("twice.json", '{"faults":[],"faults":[]}');
    write("large.json", `{"faults":[${" ".repeat(1024 * 1024)}]}`);
    const state = flags[0] === "--state" ? [] : ["--state", "unmade.json"];
    const ran = await fake(folder.path, cloud, ...state, ...flags);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ran.stderr).toContain("slipway: INVALID_ARGUMENT: ");
    expect(ran.stderr).toContain(message);
    expect(existsSync(join(folder.path, "unmade.json"))).toBe(false);
  });

  it("rejects a port that is in use, and leaves no file", async () => {
    using folder = scratchFolder();
    await using taken = await startEc2();
    const { port } = new URL(taken.url);
    const ran = await fake(folder.path, cloud, "--port", port, "--state", "state.json");
    expect(ran).toMatchObject({ exitCode: 7, stdout: "" });
    expect(existsSync(join(folder.path, "state.json"))).toBe(false);
  });
});

describe("slipway fake", () => {
  it.each([
    [["fake", "azure"], 'there is no fake for "azure"'],
    [["fake"], "CLOUD"],
  ])("rejects %j", async (argv, message) => {
    const ran = await runInMemory(argv);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(message);
  });

  it.each([
    ["ec2", { kind: "operation_error", code: "X" }, "operation_error does not apply to EC2"],
    ["gce", { kind: "throttle", account: "1" }, "account does not apply to Compute Engine"],
  ])("%s rejects faults of the other cloud: %j", async (cloud, fault, message) => {
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "faults.json"), JSON.stringify({ faults: [fault] }));
    const ran = await fake(folder.path, cloud, "--faults", "faults.json");
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(message);
  });

  it("rejects another cloud's state file, and does not change it", async () => {
    using folder = scratchFolder();
    await fake(folder.path, "ec2", "--state", "state.json");
    const ran = await fake(folder.path, "gce", "--state", "state.json");
    expect(ran).toMatchObject({ exitCode: 2 });
    expect(ran.stderr).toContain("is not a state file of the Compute Engine fake");
    expect(await fake(folder.path, "ec2", "--state", "state.json")).toMatchObject({ exitCode: 0 });
  });
});
