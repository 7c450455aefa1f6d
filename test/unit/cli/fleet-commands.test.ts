import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import type { SpawnEvent } from "../../../src/ledger/spawn-record.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";
import { spawnErrorOf } from "../../support/spawn-error-of.ts";

function notFound(spawnId: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "SPAWN_NOT_FOUND",
    message: `spawn ${spawnId} is not known`,
    remedy: "List them.",
  });
}

describe("list", () => {
  it("applies its filters, and prints an array", async () => {
    const listSpawns = vi.fn<Slipway["listSpawns"]>().mockResolvedValue([sampleSpawn()]);
    const slipway = fakeSlipway({ listSpawns });
    const argv = ["list", "--workspace", "agent-dev", "--state", "running", "-o", "json"];
    const ran = await runInMemory(argv, { slipway });
    expect(listSpawns).toHaveBeenCalledExactlyOnceWith({
      workspace: "agent-dev",
      states: ["running"],
    });
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { spawn_id: "one", created_at: "2026-11-22T04:00:00.000Z" },
    ]);
    await runInMemory(["list"], { slipway });
    expect(listSpawns).toHaveBeenLastCalledWith({ live: true });
  });

  it.each([
    [["--all"], {}],
    [["-a", "--limit", "5"], { limit: 5 }],
    [["--state", "failed", "--state", "running"], { states: ["failed", "running"] }],
    [["--since", "2026-11-22T05:00:00+01:00"], { live: true, since: "2026-11-22T04:00:00.000Z" }],
    [["--since", "2026-11-22"], { live: true, since: "2026-11-22T00:00:00.000Z" }],
  ])("passes %j on", async (argv, filter) => {
    const listSpawns = vi.fn<Slipway["listSpawns"]>().mockResolvedValue([]);
    await runInMemory(["list", ...argv], { slipway: fakeSlipway({ listSpawns }) });
    expect(listSpawns).toHaveBeenCalledExactlyOnceWith(filter);
  });

  it("sorts before it limits, and keeps the order of equal spawns", async () => {
    const spawns = [
      sampleSpawn({ spawnId: "c", state: "running" }),
      sampleSpawn({ spawnId: "a", state: "failed" }),
      sampleSpawn({ spawnId: "b", state: "running" }),
    ];
    const listSpawns = vi.fn<Slipway["listSpawns"]>().mockResolvedValue(spawns);
    const ids = async (...argv: readonly string[]) =>
      (await runInMemory(["list", "-o", "name", ...argv], { slipway: fakeSlipway({ listSpawns }) }))
        .stdout;
    expect(await ids("--sort", "spawn", "--limit", "2")).toBe("a\nb\n");
    expect(await ids("--sort", "~spawn")).toBe("c\nb\na\n");
    expect(await ids("--sort", "state")).toBe("c\nb\na\n");
    expect(listSpawns).toHaveBeenLastCalledWith({ live: true });
  });

  it.each([
    [["--since", "yesterday"], '"yesterday" is not an age or a time'],
    [["--sort", "size"], '--sort: "size" is not a field to sort by'],
    [["--all", "--state", "failed"], "--all and --state are mutually exclusive"],
  ])("refuses %j", async (argv, message) => {
    const ran = await runInMemory(["list", ...argv]);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ran.stderr).toContain(message);
  });

  it("says that only live spawns were listed if there are none", async () => {
    const slipway = fakeSlipway({ listSpawns: () => Promise.resolve([]) });
    const stderrOf = async (argv: readonly string[], stdoutIsTerminal: boolean) =>
      (await runInMemory(argv, { slipway, stdoutIsTerminal })).stderr;
    expect(await stderrOf(["list"], true)).toBe(
      "slipway: no live spawns; --all lists finished ones too\n",
    );
    expect(await stderrOf(["list", "--all"], true)).toBe("");
    expect(await stderrOf(["list"], false)).toBe("");
  });

  it("colors states on a terminal, unless NO_COLOR is set", async () => {
    const slipway = fakeSlipway({ listSpawns: () => Promise.resolve([sampleSpawn()]) });
    const table = async (stdoutIsTerminal: boolean, environment = {}) =>
      (await runInMemory(["list", "-o", "table"], { slipway, stdoutIsTerminal, environment }))
        .stdout;
    expect(await table(true)).toContain("\u001b[32mrunning\u001b[39m  DOCKER");
    for (const plain of [
      await table(false),
      await table(true, { NO_COLOR: "1" }),
      await table(true, { TERM: "dumb" }),
    ])
      expect(plain).not.toContain("\u001b");
  });

  it("shows everything about the machines with -o wide", async () => {
    const slipway = fakeSlipway({ listSpawns: () => Promise.resolve([sampleSpawn()]) });
    const { stdout } = await runInMemory(["list", "-o", "wide"], { slipway });
    expect(stdout).toContain("c".repeat(64));
    expect(stdout).toContain("2026-11-22T04:00:00.000Z");
  });

  it("prints a table on a terminal, with shortened container ids", async () => {
    const ended = sampleSpawn({
      spawnId: "two",
      state: "failed",
      machine: null,
      error: spawnErrorOf({ reason: "PULL_FAILED" }),
    });
    const slipway = fakeSlipway({ listSpawns: () => Promise.resolve([sampleSpawn(), ended]) });
    const environment = { NO_COLOR: "1" };
    const ran = await runInMemory(["list"], { slipway, stdoutIsTerminal: true, environment });
    const { stdout } = ran;
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(rows[1]).toEqual([
      "one",
      "agent-dev",
      "running",
      "DOCKER",
      "c".repeat(12),
      "engine-1",
      "3d",
      "-",
    ]);
    expect(rows[2]).toEqual([
      "two",
      "agent-dev",
      "failed",
      "DOCKER",
      "-",
      "-",
      "3d",
      "PULL_FAILED",
    ]);
  });
});

describe("describe", () => {
  const events = [
    { at: "2026-11-22T04:00:00.000Z", state: "launching", message: "launching\u0007" },
  ] as const;
  const described = { ...sampleSpawn(), plan: samplePlan(), events };
  const slipway = fakeSlipway({ describeSpawn: () => Promise.resolve(described) });

  it("prints the spawn with its whole plan and its events", async () => {
    const ran = await runInMemory(["describe", "one", "-o", "json"], { slipway });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      spawn_id: "one",
      plan: { plan_id: samplePlan().planId, machine_type: "unlimited" },
      events: [{ at: "2026-11-22T04:00:00.000Z", state: "launching", message: "launching\u0007" }],
    });
  });

  it("prints sections for people on a terminal, and wherever a table is requested", async () => {
    const failed = {
      ...described,
      ...sampleSpawn({
        state: "failed",
        labels: { team: "red" },
        error: spawnErrorOf({ reason: "PULL_FAILED", message: "no such tag", remedy: "Push it." }),
      }),
    };
    const people = fakeSlipway({ describeSpawn: () => Promise.resolve(failed) });
    const environment = { NO_COLOR: "1" };
    const terminal = { slipway: people, stdoutIsTerminal: true, environment };
    const { stdout } = await runInMemory(["describe", "one"], terminal);
    expect(stdout).toBe(
      (await runInMemory(["describe", "one", "-o", "table"], { slipway: people })).stdout,
    );
    const sections = stdout.split("\n\n").map((section) => section.split("\n")[0]);
    expect(sections.filter((title) => !title?.startsWith(" "))).toEqual([
      "SPAWN",
      "MACHINE",
      "NETWORK",
      "INPUT",
      "ATTEMPTS",
      "EVENTS",
      "ERROR",
    ]);
    expect(stdout).toContain("  STATE      failed\n");
    expect(stdout).toContain("  CREATED    2026-11-22T04:00:00.000Z (3d ago)\n");
    expect(stdout).toContain("  PORT  HOST PORT\n  8080  32768\n");
    expect(stdout).toContain("  LABELS  team=red\n");
    expect(stdout).toContain(
      "  ATTEMPT  PLACE     MACHINE TYPE  OUTCOME   REASON\n  1        engine-1  unlimited     accepted  -\n",
    );
    expect(stdout).toContain("launching  launching\\x07\n");
    expect(stdout).toContain("  MESSAGE  no such tag\n  REMEDY   Push it.\n");
    expect((await runInMemory(["describe", "one"], { slipway: people })).stdout).toMatch(
      /^spawn_id: one\n/,
    );
  });

  it("colors the state on a terminal", async () => {
    const { stdout } = await runInMemory(["describe", "one"], { slipway, stdoutIsTerminal: true });
    expect(stdout).toContain("STATE      \u001b[32mrunning\u001b[39m\n");
  });

  it("shows the last 10 events, or all of them", async () => {
    const many = Array.from({ length: 12 }, (_event, index) => ({
      at: "2026-11-22T04:00:00.000Z",
      state: "launching" as const,
      message: `event ${index}`,
    }));
    const long = fakeSlipway({
      describeSpawn: () => Promise.resolve({ ...described, events: many }),
    });
    const shown = async (...argv: readonly string[]) =>
      (await runInMemory(["describe", "one", "-o", "table", ...argv], { slipway: long })).stdout;
    const last = await shown();
    expect(last).toContain("EVENTS (the last 10 of 12; all: --events)\n");
    expect(last.match(/event \d+/gu)).toEqual(many.slice(2).map(({ message }) => message));
    const all = await shown("--events");
    expect(all).toContain("EVENTS\n");
    expect(all.match(/event \d+/gu)).toHaveLength(12);
    const { stdout } = await runInMemory(["describe", "one", "-o", "json"], { slipway: long });
    expect(JSON.parse(stdout)).toMatchObject({ events: { length: 12 } });
  });

  it("shows the plan with the source of each value, if requested", async () => {
    const shown = async (...argv: readonly string[]) =>
      (await runInMemory(["describe", "one", "-o", "table", ...argv], { slipway })).stdout;
    expect(await shown()).not.toContain("ARTIFACT");
    const whole = await shown("--plan");
    expect(whole).toContain("\nPLAN\n");
    expect(whole).toMatch(/^ +PLACE +SUBNET +VERDICT +REASON$/mu);
    expect(whole).toMatch(/^ +CHECK +OUTCOME +FINDING$/mu);
    expect(whole).toMatch(/^ +FIELD +VALUE +SOURCE$/mu);
    expect(whole).toMatch(
      /^ +artifact\.id +registry\.example\S+… +image agent generation 1 docker\.image_ref$/mu,
    );
  });

  it("exits with 4 for an unknown id", async () => {
    const describeSpawn = () => Promise.reject(notFound("x"));
    const ran = await runInMemory(["describe", "x"], { slipway: fakeSlipway({ describeSpawn }) });
    expect(ran).toMatchObject({ exitCode: 4, stdout: "" });
    expect(ran.stderr).toBe("slipway: NOT_FOUND: spawn x is not known\nList them.\n");
  });
});

describe("terminate", () => {
  it("says that a workspace, whose name may be misspelt, has nothing to terminate", async () => {
    const ended = sampleSpawn({ state: "terminated" });
    const slipway = fakeSlipway({ listSpawns: () => Promise.resolve([ended]) });
    const ran = await runInMemory(["terminate", "--workspace", "agent-dve"], { slipway });
    expect(ran).toMatchObject({ exitCode: 0, stdout: "[]\n" });
    expect(ran.stderr).toContain('workspace "agent-dve" has no spawns to terminate');
  });

  const ended = (spawnId: string) => sampleSpawn({ spawnId, state: "terminated" });

  it("prints the spawn that it terminated", async () => {
    const terminateSpawn = vi.fn((id: string) => Promise.resolve(ended(id)));
    const slipway = fakeSlipway({ terminateSpawn });
    const ran = await runInMemory(["terminate", "one", "one", "-o", "json"], { slipway });
    expect(terminateSpawn).toHaveBeenCalledOnce();
    expect(JSON.parse(ran.stdout)).toMatchObject({ spawn_id: "one", state: "terminated" });
  });

  it("tries each of several spawns, reports each failure, exits with the first", async () => {
    const terminateSpawn = (id: string) =>
      id === "two" ? Promise.resolve(ended(id)) : Promise.reject(notFound(id));
    const slipway = fakeSlipway({ terminateSpawn, listSpawns: async () => [] });
    const argv = ["terminate", "one", "two", "three"];
    const ran = await runInMemory([...argv, "-o", "json"], { slipway });
    expect(ran.exitCode).toBe(4);
    expect(JSON.parse(ran.stdout)).toMatchObject([{ spawn_id: "two" }]);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: "NOT_FOUND",
        reason: "SPAWN_NOT_FOUND",
        metadata: { failures: [{ name: "one", code: "NOT_FOUND" }, { name: "three" }] },
      },
    });
    const told = await runInMemory(argv, { slipway });
    expect(told.stderr).toBe(
      [
        "slipway: NOT_FOUND: 2 of 3 spawns could not be terminated",
        "  2 × SPAWN_NOT_FOUND, such as one: spawn one is not known",
        "    List them.",
        "",
      ].join("\n"),
    );
  });

  it("terminates the live spawns of a workspace", async () => {
    const spawns = [
      sampleSpawn({ spawnId: "gone", state: "terminated" }),
      sampleSpawn({ spawnId: "broken", state: "failed" }),
      sampleSpawn({ spawnId: "up" }),
      sampleSpawn({ spawnId: "coming", state: "booting" }),
    ];
    const listSpawns = vi.fn<Slipway["listSpawns"]>().mockResolvedValue(spawns);
    const terminateSpawn = vi.fn((id: string) => Promise.resolve(ended(id)));
    const slipway = fakeSlipway({ listSpawns, terminateSpawn });
    const ran = await runInMemory(["terminate", "--workspace", "agent-dev", "-ojson"], { slipway });
    expect(listSpawns).toHaveBeenCalledExactlyOnceWith({ workspace: "agent-dev" });
    expect(terminateSpawn.mock.calls.map(([id]) => id)).toEqual(["up", "coming"]);
    expect(JSON.parse(ran.stdout)).toHaveLength(2);
  });

  it("reports each state as it comes", async () => {
    const terminateSpawn: Slipway["terminateSpawn"] = async (spawnId, options) => {
      const event = { spawnId, at: "2026-11-22T04:00:00.000Z", state: "terminating" } as const;
      options?.onEvent?.({ kind: "event", event: { ...event, message: "termination requested" } });
      options?.onEvent?.({ kind: "retrying", spawnId, message: "no answer" });
      return ended(spawnId);
    };
    const slipway = fakeSlipway({ terminateSpawn });
    const { stderr } = await runInMemory(["terminate", "one"], { slipway });
    expect(stderr).toBe("one: terminating: termination requested\none: trying again: no answer\n");
  });

  it("says within two seconds what it waits for", async () => {
    vi.useFakeTimers();
    try {
      const terminateSpawn = vi.fn<Slipway["terminateSpawn"]>(async () => {
        await new Promise((resolve) => {
          setTimeout(resolve, 2_000);
        });
        return sampleSpawn({ state: "terminated" });
      });
      const running = runInMemory(["terminate", "one"], {
        slipway: fakeSlipway({ terminateSpawn }),
      });
      await vi.waitFor(() => expect(terminateSpawn).toHaveBeenCalled());
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await running).toMatchObject({
        exitCode: 0,
        stderr: "waiting for the termination to be confirmed\n",
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it("stops waiting after --timeout, and otherwise has no limit of its own", async () => {
    const terminateSpawn = vi.fn<Slipway["terminateSpawn"]>(
      (_id, options) =>
        new Promise((_resolve, reject) => {
          options?.signal?.addEventListener("abort", () => reject(notFound("one")));
        }),
    );
    const slipway = fakeSlipway({ terminateSpawn });
    const ran = await runInMemory(["terminate", "one", "--timeout", "1ms"], { slipway });
    expect(ran.exitCode).toBe(4);
    expect(terminateSpawn.mock.calls[0]?.[1]?.signal?.reason).toMatchObject({
      name: "TimeoutError",
    });
  });

  it("does nothing for a workspace without spawns", async () => {
    const slipway = fakeSlipway({ listSpawns: () => Promise.resolve([]) });
    const ran = await runInMemory(["terminate", "--workspace", "agent-dev", "-ojson"], { slipway });
    expect(ran).toMatchObject({ exitCode: 0, stdout: "[]\n", stderr: "" });
  });
});

describe("watch", () => {
  const events: readonly SpawnEvent[] = [
    {
      sequence: 1,
      spawnId: "one",
      at: "2026-11-22T04:00:00.000Z",
      state: "launching",
      message: "a",
    },
    {
      sequence: 2,
      spawnId: "one",
      at: "2026-11-22T04:00:01.000Z",
      state: "running",
      message: "b\u001b",
    },
  ];
  const watch = vi.fn<Slipway["watch"]>(async function* () {
    await Promise.resolve();
    yield* events;
  });
  const slipway = fakeSlipway({ watch });

  it("prints one JSON object a line", async () => {
    const ran = await runInMemory(["watch", "one", "two", "one", "-o", "json"], { slipway });
    expect(watch.mock.lastCall?.[0]).toEqual(["one", "two"]);
    const lines = ran.stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { spawn_id: "one", state: "launching" },
      { spawn_id: "one", state: "running", message: "b\u001b" },
    ]);
  });

  it("begins now and does not end, unless a flag says otherwise", async () => {
    const asked = async (...argv: readonly string[]) => {
      await runInMemory(["watch", ...argv], { slipway });
      const { since, until } = watch.mock.lastCall?.[1] ?? {};
      return [since, until];
    };
    expect(await asked()).toEqual(["2026-11-25T04:00:00.000Z", "aborted"]);
    expect(await asked("--since", "2h")).toEqual(["2026-11-25T02:00:00.000Z", "aborted"]);
    expect(await asked("--since", "all", "--until", "settled")).toEqual(["all", "settled"]);
    expect((await runInMemory(["watch", "--since", "then"])).exitCode).toBe(2);
  });

  it("prints a line for each event, and documents for YAML", async () => {
    for (const stdoutIsTerminal of [true, false]) {
      const people = await runInMemory(["watch"], { slipway, stdoutIsTerminal });
      expect(people.stdout).toContain("2026-11-22T04:00:01.000Z  one  running  b\\x1b\n");
    }
    const yaml = await runInMemory(["watch", "-o", "yaml"], { slipway });
    expect(yaml.stdout).toMatch(/^---\nsequence: 1\nspawn_id: one\n/);
  });
});
