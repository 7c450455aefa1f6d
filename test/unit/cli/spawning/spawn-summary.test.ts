import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Notices } from "../../../../src/cli/output/progress.ts";
import { sumsLine, tellSums } from "../../../../src/cli/spawning/spawn-summary.ts";
import { invalidArgument } from "../../../../src/errors.ts";
import type { SpawnNotice } from "../../../../src/spawner/notice.ts";
import type { SpawnState } from "../../../../src/ledger/spawn-record.ts";
import { sampleSpawn } from "../support/fake-slipway.ts";

const WHAT = "RunInstances of account 1234 in us-east-1";

function event(spawnId: string, state: SpawnState): SpawnNotice {
  return {
    kind: "event",
    event: { spawnId, at: "2026-11-22T04:00:00.000Z", state, message: "so" },
  };
}

function waiting(spawnId: string, milliseconds: number): SpawnNotice {
  return { kind: "waiting", spawnId, milliseconds, message: WHAT };
}

/** Notices that keep what they are told. */
function listening(interactive: boolean) {
  const states: string[] = [];
  const details: string[] = [];
  const notices: Notices = {
    silent: false,
    interactive,
    warn: () => undefined,
    hint: () => undefined,
    state: (line) => void states.push(line),
    detail: (line) => void details.push(line),
    clear: () => undefined,
  };
  return { notices, states, details };
}

describe("the line of sums", () => {
  it("counts each state, and those of which nothing was heard as pending", () => {
    expect(sumsLine(5, ["running", "failed", "launching", "running"], [])).toBe(
      "5 spawns: 1 pending, 1 launching, 2 running, 1 failed",
    );
  });

  it("says for what some wait, and about how long the last of them", () => {
    const waits = [1_400, 12_300, 900].map((milliseconds) => ({
      kind: "waiting" as const,
      spawnId: "a",
      milliseconds,
      message: WHAT,
    }));
    expect(sumsLine(1_000, [], waits)).toBe(
      `1000 spawns: 1000 pending; 3 waiting for ${WHAT}, about 12 s`,
    );
  });
});

describe("sums", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["once a second where they are printed", false, 1_000],
    ["ten times a second where they are drawn", true, 100],
  ])("are told %s, and not twice", async (_how, interactive, pause) => {
    const { notices, states } = listening(interactive);
    const sums = tellSums(notices, 2);
    sums.onEvent(event("a", "launching"));
    sums.onEvent(waiting("b", 2_000));
    await vi.advanceTimersByTimeAsync(pause - 1);
    expect(states).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(states).toEqual([`2 spawns: 1 pending, 1 launching; 1 waiting for ${WHAT}, about 2 s`]);
    sums.onEvent(event("b", "launching"));
    await vi.advanceTimersByTimeAsync(pause);
    sums.onEvent(event("b", "launching"));
    await vi.advanceTimersByTimeAsync(10 * pause);
    expect(states.slice(1)).toEqual(["2 spawns: 2 launching"]);
  });

  it("end with what came of each, at once, and are silent then", async () => {
    const { notices, states } = listening(false);
    const sums = tellSums(notices, 2);
    sums.onEvent(event("a", "launching"));
    sums.onEvent(waiting("b", 2_000));
    const spawn = sampleSpawn({ spawnId: "a" });
    sums.end([
      { spawnId: "a", spawn, error: null },
      { spawnId: "b", spawn: null, error: invalidArgument("INVALID_INPUT", "no") },
    ]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states).toEqual(["2 spawns: 1 running, 1 failed"]);
  });

  it("leave each spawn's own words to who asked for more", () => {
    const plain = listening(false);
    const drawn = listening(true);
    for (const { notices } of [plain, drawn]) {
      const sums = tellSums(notices, 1);
      sums.onEvent(event("a", "launching"));
      sums.onEvent({ kind: "progress", spawnId: "a", message: "pulling" });
      sums.end([]);
    }
    expect(plain.details).toEqual(["a: launching: so", "a: pulling"]);
    expect(drawn.details).toEqual([]);
  });
});
