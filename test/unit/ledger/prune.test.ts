import { describe, expect, it } from "vitest";
import { prune } from "../../../src/ledger/prune.ts";
import type { PruneRequest } from "../../../src/ledger/prune.ts";
import type { PruneBatch } from "../../../src/ledger/pruning.ts";
import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";

const NOW = Date.UTC(2026, 11, 1);
const ONE = { spawns: 1, attempts: 2, events: 3, labels: 4, plans: 5 };

/** A ledger whose batches take so long, and that has so many of them. */
function pruning(took: readonly number[], changes: Partial<PruneRequest> = {}) {
  const clock = createFakeClock(NOW);
  const batches: (PruneBatch & { readonly at: number })[] = [];
  const ledger = {
    ...createMemoryLedger(),
    async prune(batch: PruneBatch) {
      batches.push({ ...batch, at: clock.now() - NOW });
      await clock.sleep(took[batches.length - 1] ?? 0);
      const position = { endedAt: "", number: batches.length, plansLeft: new Map() };
      return { counts: ONE, next: batches.length < took.length ? position : null };
    },
  };
  const report = prune(
    { ledger, clock },
    {
      tenant: "default",
      olderThan: 1_000,
      dryRun: false,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...changes,
    },
  );
  return { batches, report: clock.runUntilSettled(report) };
}

describe("prune", () => {
  it("goes on where each batch ended, and adds up what they deleted", async () => {
    const progress: number[] = [];
    const { batches, report } = pruning([1, 1, 1], {
      dryRun: true,
      onProgress: ({ spawns }) => progress.push(spawns),
    });
    expect(await report).toEqual({
      spawns: 3,
      attempts: 6,
      events: 9,
      labels: 12,
      plans: 15,
      endedBefore: "2026-11-30T23:59:59.000Z",
      complete: true,
    });
    expect(batches.map(({ after }) => after?.number ?? null)).toEqual([null, 1, 2]);
    expect(batches[0]).toMatchObject({ endedBefore: "2026-11-30T23:59:59.000Z", dryRun: true });
    expect(progress).toEqual([1, 2, 3]);
  });

  it("leaves other writers as much time as a batch took, and at least five milliseconds", async () => {
    const { batches, report } = pruning([20, 1, 50, 1]);
    await report;
    expect(batches.map(({ at }) => at)).toEqual([0, 40, 46, 146]);
  });

  it("makes the next batch larger after a fast one, and smaller after a slow one", async () => {
    const { batches, report } = pruning([1, 7, 8, 16, 17, 17, 17, 17, 17, 1]);
    await report;
    expect(batches.map(({ limit }) => limit)).toEqual([32, 64, 128, 128, 128, 64, 32, 16, 8, 8]);
    const fast = pruning(Array.from({ length: 7 }, () => 1));
    await fast.report;
    expect(fast.batches.map(({ limit }) => limit)).toEqual([32, 64, 128, 256, 512, 512, 512]);
  });

  it("ends between two batches when its signal is aborted, with what was done", async () => {
    const stop = new AbortController();
    const { batches, report } = pruning([1, 1, 1], {
      signal: stop.signal,
      onProgress: ({ spawns }) => spawns === 2 && stop.abort(),
    });
    expect(await report).toMatchObject({ spawns: 2, complete: false });
    expect(batches).toHaveLength(2);
  });

  it("finds nothing that is older than time itself", async () => {
    const { report } = pruning([1], { olderThan: Number.MAX_SAFE_INTEGER });
    expect(await report).toMatchObject({ endedBefore: "1970-01-01T00:00:00.000Z" });
  });
});
