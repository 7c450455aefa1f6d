import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Progress } from "../../../../src/cli/output/progress.ts";
import { summaryLine, reportSummary } from "../../../../src/cli/spawning/spawn-summary.ts";
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

/** A progress output that records its lines. */
function recordingProgress(interactive: boolean) {
  const states: string[] = [];
  const details: string[] = [];
  const progress: Progress = {
    silent: false,
    interactive,
    warn: () => undefined,
    hint: () => undefined,
    state: (line) => void states.push(line),
    detail: (line) => void details.push(line),
    clear: () => undefined,
    ifSilent: () => ({ [Symbol.dispose]: () => undefined }),
  };
  return { progress, states, details };
}

describe("summaryLine", () => {
  const none = { total: 5, states: [], waits: [], retries: [] } as const;
  const waits = [1_400, 4_380_000, 900].map((milliseconds) => ({
    kind: "waiting" as const,
    spawnId: "a",
    milliseconds,
    message: WHAT,
  }));

  it("counts each state, and spawns without an event as pending", () => {
    const states = ["running", "failed", "launching", "running"] as const;
    expect(summaryLine({ ...none, states })).toBe(
      "5 spawns: 1 pending, 1 launching, 2 running, 1 failed",
    );
  });

  it("shows how many are launched, the time until the last one's turn, and what some wait for", () => {
    expect(summaryLine({ ...none, states: ["booting", "running"], waits })).toBe(
      `launched 2 of 5, about 73 min left: 3 pending, 1 booting, 1 running; 3 waiting for ${WHAT}`,
    );
  });

  it("shows which calls are repeated, and why", () => {
    const retry = { kind: "retrying", spawnId: "a", message: "no answer" } as const;
    const states = ["terminating", "terminating"] as const;
    expect(summaryLine({ ...none, total: 2, states, retries: [retry, retry] })).toBe(
      "2 spawns: 2 terminating; 2 trying again: no answer",
    );
  });
});

describe("reportSummary", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["once a second if they are printed", false, 1_000],
    ["ten times a second if they are drawn", true, 100],
  ])("reports changes %s, and never the same line twice", async (_how, interactive, pause) => {
    const { progress, states } = recordingProgress(interactive);
    const summary = reportSummary(progress, 2);
    summary.onEvent(event("a", "launching"));
    summary.onEvent(waiting("b", 2_000));
    await vi.advanceTimersByTimeAsync(pause - 1);
    expect(states).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(states).toEqual([
      `launched 0 of 2, about 2 s left: 1 pending, 1 launching; 1 waiting for ${WHAT}`,
    ]);
    summary.onEvent(event("b", "launching"));
    await vi.advanceTimersByTimeAsync(pause);
    summary.onEvent(event("b", "launching"));
    await vi.advanceTimersByTimeAsync(10 * pause);
    expect(states.slice(1)).toEqual(["2 spawns: 2 launching"]);
  });

  it("reports how each spawn ended, at once, and nothing after that", async () => {
    const { progress, states } = recordingProgress(false);
    const summary = reportSummary(progress, 2);
    summary.onEvent(event("a", "launching"));
    summary.onEvent(waiting("b", 2_000));
    const spawn = sampleSpawn({ spawnId: "a" });
    summary.end([
      { spawnId: "a", spawn },
      { spawnId: "b", spawn: null },
    ]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states).toEqual(["2 spawns: 1 running, 1 failed"]);
  });

  it("reports each spawn's own lines only as details", () => {
    const plain = recordingProgress(false);
    const drawn = recordingProgress(true);
    for (const { progress } of [plain, drawn]) {
      const summary = reportSummary(progress, 1);
      summary.onEvent(event("a", "launching"));
      summary.onEvent({ kind: "progress", spawnId: "a", message: "pulling" });
      summary.end([]);
    }
    expect(plain.details).toEqual(["a: launching: so", "a: pulling"]);
    expect(drawn.details).toEqual([]);
  });
});
