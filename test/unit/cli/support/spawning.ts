import { vi } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import type { SpawnOptions } from "../../../../src/slipway/slipway.ts";
import type { SpawnNotice } from "../../../../src/spawner/notice.ts";
import { samplePlan } from "../../../support/sample-plan.ts";
import { fakeSlipway, sampleSpawn } from "./fake-slipway.ts";
import { spawnErrorOf } from "../../../support/spawn-error-of.ts";

const warning = {
  name: "shape",
  outcome: "warning",
  message: "emulated",
  remedy: "Rebuild.",
} as const;
/** A plan with a check that warns. */
export const plan = samplePlan({ checks: [warning] });
/** The error of a failed resolution. */
export const refused = new SlipwayError({
  code: "FAILED_PRECONDITION",
  reason: "CHECKS_FAILED",
  message: "2 checks failed",
  checks: [{ name: "a", outcome: "failed", message: "no" }],
});

/** A Slipway that reports its plan once, and whose spawn goes through its states and ends with the given record. */
export function spawning(ended = sampleSpawn()) {
  const spawnWorkspace = vi.fn(async (_what: unknown, options: SpawnOptions = {}) => {
    if (spawnWorkspace.mock.calls.length === 1) options.onPlan?.(plan);
    const notify = (notice: SpawnNotice): void => options.onEvent?.(notice);
    const event = { spawnId: "one", at: "2026-11-22T04:00:00.000Z" };
    notify({ kind: "event", event: { ...event, state: "launching", message: "in engine-1" } });
    notify({ kind: "progress", spawnId: "one", message: "pulling 3 of 7 MB" });
    notify({ kind: "event", event: { ...event, state: "booting", message: "accepted" } });
    notify({ kind: "event", event: { ...event, state: "booting", message: "waiting" } });
    return await Promise.resolve(ended);
  });
  return { spawnWorkspace, slipway: fakeSlipway({ spawnWorkspace }) };
}

/** A spawn that failed because its engine became unavailable. */
export const failed = sampleSpawn({
  state: "failed",
  error: spawnErrorOf({
    code: "UNAVAILABLE",
    reason: "ENGINE_UNAVAILABLE",
    message: "the engine went away",
    remedy: "Start it.",
    blastRadius: "zone",
    retry: "next-candidate",
    metadata: { host: "engine-1" },
  }),
});
