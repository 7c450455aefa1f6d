import { describe, expect, it } from "vitest";
import { createTestSlipway } from "../../../testing/test-slipway.ts";
import type { TestSlipway } from "../../../testing/test-slipway.ts";
import type { FakeFault } from "../../../testing/substrate/fake-faults.ts";
import { dockerPlacement } from "../../support/catalog/records.ts";
import { runInMemory } from "./support/command-line.ts";
import type { RunOptions } from "./support/command-line.ts";

const REFERENCE = "ghcr.io/acme/agent:1";

const full: FakeFault = {
  verb: "launch",
  kind: "reject",
  times: 3,
  error: {
    code: "RESOURCE_EXHAUSTED",
    reason: "INSUFFICIENT_CAPACITY",
    message: "the engine has no room for another machine of this type, it says",
    remedy: "Try again later, or use another placement.",
    blastRadius: "zone",
    retry: "next-candidate",
  },
};
const denied: FakeFault = {
  ...full,
  times: 1,
  error: {
    code: "PERMISSION_DENIED",
    reason: "CLOUD_PERMISSION_DENIED",
    message: "this caller may not launch",
    remedy: "Grant it.",
  },
};
const unreachable: FakeFault = {
  verb: "terminate",
  kind: "throw",
  times: Number.POSITIVE_INFINITY,
  error: {
    code: "PERMISSION_DENIED",
    reason: "ENGINE_UNAVAILABLE",
    message: "the engine refuses this user",
    remedy: "Add the user to the group.",
  },
};

async function fleet(...faults: readonly FakeFault[]): Promise<TestSlipway> {
  const slipway = createTestSlipway({
    images: [{ reference: REFERENCE, architecture: "amd64" }],
    substrates: { DOCKER: { faults } },
  });
  await slipway.catalog.set("image", {
    name: "base",
    architecture: "ARCHITECTURE_AMD64",
    docker: { imageRef: REFERENCE },
  });
  await slipway.catalog.set("placement", dockerPlacement("local"));
  await slipway.catalog.set("workspace", {
    name: "agent-dev",
    imageRef: "base",
    placement: "local",
  });
  return slipway;
}

const run = (slipway: TestSlipway, words: string, options: RunOptions = {}) =>
  runInMemory(words.split(" "), { ...options, slipway: slipway.reopen() });

/** The words of the command that a summary shows, without `slipway`. */
function shownCommand(stderr: string): string {
  const [, command = ""] = /Show all of them with:\n {2}slipway (.+)\n/u.exec(stderr) ?? [];
  return command;
}

describe("the failures of many spawns", () => {
  it("are grouped by reason, the largest group first, with an example and its remedy", async () => {
    const slipway = await fleet(denied, full);
    const ran = await run(slipway, "spawn agent-dev --count 6 --id x -o yaml");
    expect(ran.exitCode).toBe(5);
    expect(ran.stderr.slice(ran.stderr.indexOf("slipway: "))).toBe(
      [
        "slipway: PERMISSION_DENIED: 4 of 6 spawns failed",
        "  3 × INSUFFICIENT_CAPACITY, such as x-1: the engine has no room for another machine of this type, it says",
        "    Try again later, or use another placement.",
        "  1 × CLOUD_PERMISSION_DENIED: x-0: this caller may not launch",
        "    Grant it.",
        "Show all of them with:",
        "  slipway list --workspace agent-dev --state failed --since 2026-01-01T00:00:00.000Z",
        "",
      ].join("\n"),
    );
    const listed = await run(slipway, `${shownCommand(ran.stderr)} -o name`);
    expect(listed.stdout.trim().split("\n").toSorted()).toEqual(["x-0", "x-1", "x-2", "x-3"]);
  });

  it("are all in the JSON error, which keeps the members of the first", async () => {
    const slipway = await fleet(denied, full);
    const ran = await run(slipway, "spawn agent-dev --count 6 --id x -o json");
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: "PERMISSION_DENIED",
        reason: "CLOUD_PERMISSION_DENIED",
        message: "4 of 6 spawns failed",
        remedy: "Grant it.",
        metadata: {
          spawn_id: "x-0",
          failures: [
            { name: "x-0", reason: "CLOUD_PERMISSION_DENIED" },
            { name: "x-1", reason: "INSUFFICIENT_CAPACITY" },
            { name: "x-2" },
            { name: "x-3" },
          ],
        },
      },
    });
    expect(JSON.parse(ran.stdout)).toHaveLength(6);
  });

  it("fit a terminal of 40 columns, and the command stays whole", async () => {
    const slipway = await fleet(full);
    const ran = await run(slipway, "spawn agent-dev --count 6 --id x", {
      stderrIsTerminal: true,
      columns: 40,
    });
    const summary = ran.stderr.slice(ran.stderr.indexOf("slipway: ")).split("\n");
    expect(summary.slice(1, 6)).toEqual([
      "  3 × INSUFFICIENT_CAPACITY, such as",
      "    x-0: the engine has no room for",
      "    another machine of this type, it",
      "    says",
      "    Try again later, or use another",
    ]);
    expect(shownCommand(ran.stderr)).toContain("--state failed --since");
  });

  it("are one error if the workspace cannot be spawned at all", async () => {
    const slipway = await fleet();
    await slipway.catalog.patch("image", "base", { "docker.image_ref": "ghcr.io/acme/other:1" });
    const ran = await run(slipway, "spawn agent-dev --count 3");
    expect(ran.stderr).toMatch(/\nslipway: FAILED_PRECONDITION: workspace agent-dev: .*other/u);
    expect(ran.stderr).not.toContain("of 3 spawns");
  });

  it("name what could not be terminated, of a workspace and of several ids", async () => {
    const slipway = await fleet();
    await run(slipway, "spawn agent-dev --count 3 --id x --quiet");
    slipway.substrates.DOCKER.fault(unreachable);
    const ran = await run(slipway, "terminate --workspace agent-dev --tenant default");
    expect(ran.exitCode).toBe(5);
    expect(ran.stderr).toContain("3 of 3 spawns could not be terminated\n  3 × ");
    expect(shownCommand(ran.stderr)).toBe(
      "list --workspace agent-dev --state terminating --since 2026-01-01T00:00:00.000Z --tenant default",
    );
    const listed = await run(slipway, `${shownCommand(ran.stderr)} -o name`);
    expect(listed.stdout.trim().split("\n").toSorted()).toEqual(["x-0", "x-1", "x-2"]);
    const named = await run(slipway, "terminate x-0 missing");
    expect(named.stderr).toContain("2 of 2 spawns could not be terminated\n  1 × ");
    expect(named.stderr).toContain("\n  1 × SPAWN_NOT_FOUND: missing: ");
  });

  it("name no command if none of them has a record", async () => {
    const slipway = await fleet();
    const ran = await run(slipway, "terminate one two");
    expect(ran.stderr).toContain("  2 × SPAWN_NOT_FOUND, such as one: ");
    expect(ran.stderr).not.toContain("Show all");
  });

  it("are summed up by recover as well", async () => {
    const slipway = await fleet();
    await run(slipway, "spawn agent-dev --count 3 --id x --quiet");
    slipway.substrates.DOCKER.fault(unreachable);
    await run(slipway, "terminate x-0 x-1 --quiet");
    const ran = await run(slipway, "recover");
    expect(ran.stderr).toContain("2 of 2 spawns failed or are unfinished\n  2 × ");
    const listed = await run(slipway, `${shownCommand(ran.stderr)} -o name`);
    expect(listed.stdout.trim().split("\n").toSorted()).toEqual(["x-0", "x-1"]);
  });
});
