import { vi } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import type { SpawnOptions } from "../../../../src/slipway/slipway.ts";
import type { SpawnNotice } from "../../../../src/spawner/notice.ts";
import { samplePlan } from "../../../support/sample-plan.ts";
import { fakeSlipway, sampleSpawn } from "./fake-slipway.ts";

const warning = {
  name: "shape",
  outcome: "warning",
  message: "emulated",
  remedy: "Rebuild.",
} as const;
/** With a check that warns. */
export const plan = samplePlan({ checks: [warning] });
/** What a resolution throws. */
export const refused = new SlipwayError({
  code: "FAILED_PRECONDITION",
  reason: "CHECKS_FAILED",
  message: "2 checks failed",
  checks: [{ name: "a", outcome: "failed", message: "no" }],
});

/** A Slipway whose spawn goes through its states and ends as the test wants. */
export function spawning(ended = sampleSpawn()) {
  const spawnWorkspace = vi.fn(async (_what: unknown, options: SpawnOptions = {}) => {
    const tell = (notice: SpawnNotice): void => options.onEvent?.(notice);
    const event = { spawnId: "one", at: "2026-11-22T04:00:00.000Z" };
    tell({ kind: "event", event: { ...event, state: "launching", message: "in engine-1" } });
    tell({ kind: "progress", spawnId: "one", message: "pulling 3 of 7 MB" });
    tell({ kind: "event", event: { ...event, state: "booting", message: "accepted" } });
    tell({ kind: "event", event: { ...event, state: "booting", message: "waiting" } });
    return await Promise.resolve(ended);
  });
  const describeSpawn = () => Promise.resolve({ ...ended, plan, events: [] });
  return { spawnWorkspace, slipway: fakeSlipway({ spawnWorkspace, describeSpawn }) };
}

/** How a spawn ends whose engine went away. */
export const failed = sampleSpawn({
  state: "failed",
  error: new SlipwayError({
    code: "UNAVAILABLE",
    reason: "ENGINE_UNAVAILABLE",
    message: "the engine went away",
    remedy: "Start it.",
    blastRadius: "zone",
    retry: "next-candidate",
    metadata: { host: "engine-1" },
  }).toJSON(),
});
