import { describe, expect, it } from "vitest";
import { isStale, isWarm, refuseStale } from "../../../src/plan/staleness.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const plan = samplePlan({
  records: [
    { kind: "workspace", name: "agent-dev", generation: 3 },
    { kind: "image", name: "agent", generation: 1 },
  ],
});

describe("a stale plan", () => {
  it.each<readonly [string, readonly (number | null)[], readonly string[]]>([
    ["a record was written", [4, 1], ["workspace agent-dev is at generation 4"]],
    ["a record was deleted", [3, null], ["image agent was deleted"]],
    ["both", [null, 2], ["workspace agent-dev was deleted", "image agent is at generation 2"]],
  ])("is one from before %s", (_what, generations, words) => {
    expect(isStale(plan, generations)).toBe(true);
    const refuse = () => refuseStale(plan, generations);
    expect(refuse).toThrow(expect.objectContaining({ reason: "PLAN_STALE" }));
    for (const each of words) expect(refuse).toThrow(each);
  });

  it("has records that are as they were", () => {
    expect(isStale(plan, [3, 1])).toBe(false);
    expect(() => refuseStale(plan, [3, 1])).not.toThrow();
  });
});

describe("a warm plan", () => {
  it.each([
    ["resolved now", 1_000_000, true],
    ["resolved a minute ago", 940_000, true],
    ["resolved longer ago", 939_999, false],
    ["not resolved by this process", undefined, false],
  ])("%s", (_what, resolvedAt, warm) => {
    expect(isWarm(resolvedAt, 1_000_000)).toBe(warm);
  });
});
