import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import type { SweepReport } from "../../../src/spawner/sweep.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";
import { spawnError } from "../../../src/plan/error-document.ts";

const unreachable = new SlipwayError({
  code: "UNAVAILABLE",
  reason: "ENGINE_UNAVAILABLE",
  message: "the engine does not answer",
  remedy: "Start it.",
});
const unsettled = new SlipwayError({
  code: "UNAVAILABLE",
  reason: "SPAWN_UNSETTLED",
  message: "spawn two: nobody knows",
});

describe("recover", () => {
  const running = { spawnId: "one", spawn: sampleSpawn(), error: null };
  const ended = sampleSpawn({ spawnId: "four", state: "terminated" });
  const failed = sampleSpawn({
    spawnId: "three",
    state: "failed",
    error: spawnError(unreachable.toJSON()),
  });
  const recovering = (...recovered: Awaited<ReturnType<Slipway["recover"]>>) => {
    const recover = vi.fn<Slipway["recover"]>().mockResolvedValue(recovered);
    const listSpawns = async () => [];
    return { recover, slipway: fakeSlipway({ recover, listSpawns }) };
  };

  it("prints every recovered spawn, as an array", async () => {
    const terminated = { spawnId: "four", spawn: ended, error: null };
    const { slipway } = recovering(running, terminated);
    const ran = await runInMemory(["recover", "-o", "json"], { slipway });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { spawn_id: "one", state: "running" },
      { spawn_id: "four", state: "terminated" },
    ]);
  });

  it("prints an empty array if there is nothing to do, and a table for people", async () => {
    const nothing = await runInMemory(["recover", "-o", "json"], recovering());
    expect(nothing).toMatchObject({ exitCode: 0, stdout: "[]\n", stderr: "" });
    const people = { ...recovering(running), stdoutIsTerminal: true };
    expect((await runInMemory(["recover"], people)).stdout).toMatch(
      /^SPAWN {2}.*\none {4}.*running/,
    );
  });

  it("exits with its first failure: a spawn that has not settled, or one that failed", async () => {
    const launching = sampleSpawn({ spawnId: "two", state: "launching" });
    const left = { spawnId: "two", spawn: launching, error: unsettled };
    const lost = { spawnId: "three", spawn: failed, error: null };
    const argv = ["recover", "-o", "json"];
    const first = await runInMemory(argv, recovering(running, left, lost));
    expect(first.exitCode).toBe(7);
    expect(JSON.parse(first.stderr)).toMatchObject({ error: { reason: "SPAWN_UNSETTLED" } });
    expect(JSON.parse(first.stdout)).toMatchObject([{}, { state: "launching" }, {}]);
    const second = await runInMemory(argv, recovering(running, lost));
    expect(JSON.parse(second.stderr)).toMatchObject({ error: { reason: "ENGINE_UNAVAILABLE" } });
  });

  it("reports the states of every spawn, also if they are the same", async () => {
    const { recover, slipway } = recovering(running);
    recover.mockImplementation((options) => {
      for (const spawnId of ["one", "two", "two"]) {
        const event = { spawnId, at: "2026-11-22T04:00:00.000Z", state: "running" } as const;
        options?.onEvent?.({ kind: "event", event: { ...event, message: "runs" } });
      }
      return Promise.resolve([running]);
    });
    const { stderr } = await runInMemory(["recover"], { slipway });
    expect(stderr).toBe("one: running: runs\ntwo: running: runs\n");
  });

  it("reports many spawns as one line, not a line for each", async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `s-${index}`);
    const recover = vi.fn<Slipway["recover"]>().mockImplementation((options) => {
      for (const spawnId of ids) {
        const event = { spawnId, at: "2026-11-22T04:00:00.000Z", state: "running" } as const;
        options?.onEvent?.({ kind: "event", event: { ...event, message: "runs" } });
      }
      const done = ids.map((spawnId) => ({
        spawnId,
        spawn: sampleSpawn({ spawnId }),
        error: null,
      }));
      return Promise.resolve(done);
    });
    const listSpawns: Slipway["listSpawns"] = async (filter) =>
      filter?.state === "booting"
        ? ids.map((spawnId) => sampleSpawn({ spawnId, state: "booting" }))
        : [];
    const { stderr } = await runInMemory(["recover"], {
      slipway: fakeSlipway({ recover, listSpawns }),
    });
    expect(stderr).toBe("30 spawns: 30 running\n");
  });

  it("can be interrupted, and reports each state", async () => {
    const { recover, slipway } = recovering(running);
    recover.mockImplementation((options) => {
      const event = { spawnId: "one", at: "2026-11-22T04:00:00.000Z", state: "booting" } as const;
      options?.onEvent?.({ kind: "event", event: { ...event, message: "accepted" } });
      return Promise.resolve([running]);
    });
    const interrupt = new AbortController();
    const { stderr } = await runInMemory(["recover"], { slipway, interrupt: interrupt.signal });
    expect(stderr).toBe("one: booting: accepted\n");
    expect(recover.mock.calls[0]?.[0]?.signal).toBe(interrupt.signal);
  });
});

describe("sweep", () => {
  const since = Date.UTC(2026, 10, 22, 4);
  const at = "2026-11-22T04:00:00.000Z";
  const scope = "aws 1 us-east-1";
  const report: SweepReport = {
    scanned: 5,
    claimed: 3,
    suspects: [
      { id: "i-1", kind: "machine", place: "us-east-1a", since, scope },
      { id: "eni-1", kind: "network-interface", place: "us-east-1a", since, scope },
    ],
    terminated: [
      { id: "i-2", kind: "machine", place: "us-east-1b", since, scope },
      { id: "vol-1", kind: "volume", place: "us-east-1b", since, scope },
    ],
    skippedScopes: [],
  };
  const sweeping = (changes: Partial<SweepReport> = {}) => {
    const sweep = vi.fn<Slipway["sweep"]>().mockResolvedValue({ ...report, ...changes });
    return { sweep, slipway: fakeSlipway({ sweep }) };
  };

  it("prints exactly what it found and terminated", async () => {
    const { sweep, slipway } = sweeping();
    const ran = await runInMemory(["sweep", "-o", "json"], { slipway });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toEqual({
      scanned: 5,
      claimed: 3,
      suspects: [
        { id: "i-1", kind: "machine", place: "us-east-1a", since: at },
        { id: "eni-1", kind: "network-interface", place: "us-east-1a", since: at },
      ],
      terminated: [
        { id: "i-2", kind: "machine", place: "us-east-1b", since: at },
        { id: "vol-1", kind: "volume", place: "us-east-1b", since: at },
      ],
      skipped_scopes: [],
    });
    expect(sweep.mock.calls[0]?.[0]).toMatchObject({ dryRun: false, grace: 900_000 });
  });

  it.each([
    ["90s", 90_000],
    ["0s", 0],
    ["0", 0],
  ])("accepts a grace period of %s", async (text, grace) => {
    const { sweep, slipway } = sweeping();
    await runInMemory(["sweep", "--grace", text], { slipway });
    expect(sweep.mock.calls[0]?.[0]).toMatchObject({ grace });
  });

  it.each(["", "-1s", "soon", "00"])("rejects a grace period of %j", async (text) => {
    const { slipway } = sweeping();
    expect((await runInMemory(["sweep", "--grace", text], { slipway })).exitCode).toBe(2);
  });

  it("explains in a dry run what it would terminate or keep, and why", async () => {
    const { sweep, slipway } = sweeping();
    const ran = await runInMemory(["sweep", "--dry-run"], { slipway });
    expect(sweep.mock.calls[0]?.[0]).toMatchObject({ dryRun: true });
    expect(ran.stderr).toBe(
      "slipway: would terminate i-2 in us-east-1b: no live spawn claims it (a suspect since 2026-11-22T04:00:00.000Z)\n" +
        "slipway: would delete the volume vol-1 in us-east-1b: no live spawn claims it (a suspect since 2026-11-22T04:00:00.000Z)\n" +
        "slipway: would keep i-1 in us-east-1a for now: no live spawn claims it, but its grace period has not ended\n" +
        "slipway: would keep the network interface eni-1 in us-east-1a for now: no live spawn claims it, but its grace period has not ended\n",
    );
  });

  it("has a table for people", async () => {
    const { slipway } = sweeping({ skippedScopes: [{ scope, error: unreachable }] });
    const ran = await runInMemory(["sweep", "-o", "table"], { slipway });
    expect(ran.stdout).toContain("SCANNED     5\n");
    expect(ran.stdout).toMatch(/vol-1 +volume +us-east-1b +2026-11-22T04:00:00.000Z +terminated\n/);
    expect(ran.stdout).toMatch(/i-2 +machine +us-east-1b +2026-11-22T04:00:00.000Z +terminated\n/);
    expect(ran.stdout).toContain("ENGINE_UNAVAILABLE  the engine does not answer\n");
  });

  it("warns about a skipped scope, and exits with its error", async () => {
    const { slipway } = sweeping({ skippedScopes: [{ scope, error: unreachable }] });
    const ran = await runInMemory(["sweep"], { slipway });
    expect(ran.exitCode).toBe(7);
    expect(ran.stderr).toContain(
      `slipway: warning: ${scope} was not fully swept: the engine does not answer\n  Start it.\n`,
    );
    const json = await runInMemory(["sweep", "-o", "json"], { slipway });
    expect(JSON.parse(json.stderr)).toEqual({ error: unreachable.toJSON() });
    expect(JSON.parse(json.stdout)).toMatchObject({
      skipped_scopes: [{ scope, error: { reason: "ENGINE_UNAVAILABLE" } }],
    });
  });

  it("reports that the ledger is an old copy", async () => {
    const restored = { code: "FAILED_PRECONDITION", reason: "LEDGER_RESTORED" } as const;
    const sweep = () => Promise.reject(new SlipwayError({ ...restored, message: "an old copy" }));
    const ran = await runInMemory(["sweep"], { slipway: fakeSlipway({ sweep }) });
    expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
  });
});

describe("prune", () => {
  const counts = { spawns: 3, attempts: 4, events: 18, labels: 2, plans: 1 };
  const report = {
    ...counts,
    endedBefore: "2026-10-26T04:00:00.000Z",
    complete: true,
  };
  const pruning = (changes: Partial<typeof report> = {}) => {
    const prune = vi.fn<Slipway["prune"]>().mockResolvedValue({ ...report, ...changes });
    return { prune, slipway: fakeSlipway({ prune }) };
  };

  it.each([
    { argv: ["--older-than", "30d"], olderThan: 2_592_000_000, dryRun: false },
    { argv: ["--older-than", "12h", "--dry-run"], olderThan: 43_200_000, dryRun: true },
    { argv: ["--older-than", "0s"], olderThan: 0, dryRun: false },
  ])("$argv deletes or counts what ended so long ago", async ({ argv, olderThan, dryRun }) => {
    const { prune, slipway } = pruning();
    const ran = await runInMemory(["prune", ...argv, "-o", "json"], { slipway });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(prune.mock.calls[0]?.[0]).toMatchObject({ olderThan, dryRun });
    expect(JSON.parse(ran.stdout)).toEqual({
      dry_run: dryRun,
      ended_before: "2026-10-26T04:00:00.000Z",
      ...counts,
      complete: true,
    });
  });

  it("has a form for people", async () => {
    const { slipway } = pruning();
    const table = async (...flags: readonly string[]) =>
      (await runInMemory(["prune", "--older-than", "30d", "-o", "table", ...flags], { slipway }))
        .stdout;
    expect(await table()).toContain("DELETED       3 spawns\n");
    expect(await table("--dry-run")).toContain("WOULD DELETE  3 spawns\n");
  });

  it("prints what it deleted before an interrupt, and exits with 130", async () => {
    const { slipway } = pruning({ complete: false });
    const argv = ["prune", "--older-than", "30d", "-o", "json"];
    const ran = await runInMemory(argv, { slipway, interrupt: AbortSignal.abort() });
    expect(ran.exitCode).toBe(130);
    expect(JSON.parse(ran.stdout)).toMatchObject({ spawns: 3, complete: false });
  });

  it.each([[], ["--older-than", "30"], ["--older-than", "-1d"], ["--older-than", "soon"]])(
    "refuses %j and %j",
    async (...argv) => {
      const { slipway } = pruning();
      expect((await runInMemory(["prune", ...argv], { slipway })).exitCode).toBe(2);
    },
  );
});

describe("commands that refresh records before showing them", () => {
  const described = { ...sampleSpawn(), plan: samplePlan(), events: [] };
  const watched = {
    sequence: 1,
    spawnId: "one",
    at: "2026-11-22T04:00:00.000Z",
    state: "running",
    message: "running",
  } as const;
  /** A Slipway that records the calls of the commands that show spawns, in order. */
  const showing = (failure: SlipwayError | null = null) => {
    const asked: string[] = [];
    const refreshSpawns = vi.fn<Slipway["refreshSpawns"]>(() => {
      asked.push("refresh");
      return failure === null ? Promise.resolve() : Promise.reject(failure);
    });
    const shown = <T>(value: T): Promise<T> => {
      asked.push("show");
      return Promise.resolve(value);
    };
    const slipway = fakeSlipway({
      refreshSpawns,
      describeSpawn: () => shown(described),
      listSpawns: () => shown([sampleSpawn()]),
      watch: async function* () {
        yield await shown(watched);
      },
    });
    return { asked, refreshSpawns, slipway };
  };
  const COMMANDS = [
    { argv: ["describe", "one"], ids: ["one"] },
    { argv: ["list", "--refresh"], ids: [] },
    { argv: ["watch", "one", "one"], ids: ["one"] },
    { argv: ["watch"], ids: [] },
  ];

  it.each(COMMANDS)("$argv checks the machines first, once", async ({ argv, ids }) => {
    const { asked, refreshSpawns, slipway } = showing();
    expect((await runInMemory(argv, { slipway })).exitCode).toBe(0);
    expect(asked).toEqual(["refresh", "show"]);
    expect(refreshSpawns.mock.calls[0]?.[0]).toEqual(ids);
  });

  it.each(COMMANDS)("$argv erases its progress before it prints", async ({ argv }) => {
    vi.useFakeTimers();
    try {
      const { slipway } = showing();
      const slow = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(9_000));
      const options = { slipway: { ...slipway, refreshSpawns: slow }, stderrIsTerminal: true };
      const { screen } = await runInMemory(argv, options);
      const [, drawn = "", erased = ""] = screen.split("\r\u001b[2K");
      expect(drawn).toBe("waiting for the provider to describe the machines");
      expect(erased).toContain("one");
    } finally {
      vi.useRealTimers();
    }
  });

  it("a plain list contacts no provider", async () => {
    const { asked, slipway } = showing();
    await runInMemory(["list"], { slipway });
    expect(asked).toEqual(["show"]);
  });

  it.each([...COMMANDS, { argv: ["list", "--refresh", "-o", "json"], ids: [] }])(
    "$argv shows recorded state with a warning if the provider cannot be reached",
    async ({ argv }) => {
      const { slipway } = showing(unreachable);
      const ran = await runInMemory(argv, { slipway });
      expect(ran.exitCode).toBe(argv[0] === "list" ? 7 : 0);
      expect(ran.stderr).toContain("the engine does not answer");
      expect(ran.stdout).toContain("one");
    },
  );

  it("does not hide a defect", async () => {
    const defect = new SlipwayError({ code: "INTERNAL", reason: "INTERNAL", message: "broken" });
    const ran = await runInMemory(["describe", "one"], showing(defect));
    expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
  });
});
