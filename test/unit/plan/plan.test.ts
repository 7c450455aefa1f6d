import { describe, expect, it } from "vitest";
import { canonicalDigest } from "../../../src/json/canonical-json.ts";
import { parsePlan } from "../../../src/plan/plan-document.ts";
import { toSnakeCase } from "../../../src/json/field-case.ts";
import { samplePlan } from "../../support/sample-plan.ts";

/** The plan as it is printed and saved. */
function printed(plan = samplePlan()): Record<string, unknown> {
  return JSON.parse(JSON.stringify(toSnakeCase(plan))) as Record<string, unknown>;
}

describe("a plan", () => {
  it("has the hash of its printed form as id, without plan_id and the times of reading", () => {
    const { plan_id, floating_reads, ...rest } = printed();
    const reads = floating_reads as Record<string, unknown>[];
    for (const read of reads) delete read["read_at"];
    expect(plan_id).toBe(canonicalDigest({ ...rest, floating_reads: reads }));
  });

  it("keeps its id if only the time of a reading differs", () => {
    const plan = samplePlan();
    const later = plan.floatingReads.map((read) => ({ ...read, readAt: "2027-01-01T00:00:00Z" }));
    expect(samplePlan({ floatingReads: later }).planId).toBe(plan.planId);
  });

  it("changes its id with any value", () => {
    expect(samplePlan({ architecture: "arm64" }).planId).not.toBe(samplePlan().planId);
  });

  it("is deeply frozen", () => {
    const plan = samplePlan();
    expect(Object.isFrozen(plan)).toBe(true);
    expect(Object.isFrozen(plan.guest.ports[0])).toBe(true);
    expect(() => Object.assign(plan.artifact, { id: "other" })).toThrow(TypeError);
  });
});

describe("parsePlan", () => {
  it("parses what was printed", () => {
    expect(parsePlan(printed())).toEqual(samplePlan());
  });

  it.each([
    ["a changed artifact", { artifact: { ...samplePlan().artifact, id: "evil@sha256:0" } }],
    ["another tenant", { tenant: "other" }],
    ["a check turned to passed", { checks: [] }],
    ["a field that no plan has", { surprise: true }],
    ["a missing field's type", { candidates: "none" }],
  ])("refuses a plan with %s", (_name, change) => {
    expect(() => parsePlan({ ...printed(), ...(toSnakeCase(change) as object) })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_PLAN" }),
    );
  });

  it.each([[null], [[]], ["plan"], [{}]])("refuses %j", (document) => {
    expect(() => parsePlan(document)).toThrow(expect.objectContaining({ reason: "INVALID_PLAN" }));
  });
});
