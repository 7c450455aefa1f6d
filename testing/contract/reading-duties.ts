import { canonicalJson } from "../../src/json/canonical-json.ts";
import type { Check, PlanDraft } from "../../src/plan/plan.ts";
import type { AdapterSubject, Duties } from "./subject.ts";
import { quiet } from "./support.ts";

export function imageDuties({ test, expect }: Duties): void {
  test("turns a reference into a pinned artifact with its architecture", async (subject) => {
    const { adapter, image, imageTarget, plan } = subject;
    const found = await adapter.inspectImage(image, imageTarget, quiet());
    expect(found.artifact).toMatchObject({ id: plan.artifact.id, pinned: true });
    expect(found.architecture).toBe(imageTarget.architecture);
    expect(failed(found.checks)).toEqual([]);
  });

  test("answers an absent image with a value, and a failed check that says why", async (subject) => {
    const { adapter, absentImage, imageTarget } = subject;
    const found = await adapter.inspectImage(absentImage, imageTarget, quiet());
    expect(found.artifact).toBe(null);
    const failures = failed(found.checks);
    expect(failures.length > 0).toBe(true);
    for (const check of failures) expectTold(expect, check);
  });

  test("is read-only and gives the same answer twice", async (subject) => {
    const { adapter, image, imageTarget, owner } = subject;
    const first = await adapter.inspectImage(image, imageTarget, quiet());
    expect(await adapter.inspectImage(image, imageTarget, quiet())).toEqual(first);
    expect(await adapter.list(owner, quiet())).toEqual([]);
    // What goes into a plan must be JSON: this throws for anything else.
    canonicalJson([first.artifact, first.checks, first.sources, first.facts]);
  });
}

export function preflightDuties({ test, expect }: Duties): void {
  test("judges each of the plan's candidates, in their order", async (subject) => {
    const { adapter, facts, plan } = subject;
    const report = await adapter.preflight(draftOf(subject), facts, quiet());
    expect(report.candidates.map(({ place }) => place)).toEqual(
      plan.candidates.map(({ place }) => place),
    );
    for (const { verdict, reason } of report.candidates)
      expect(reason === null).toBe(verdict === "eligible");
    expect(report.candidates.map(({ verdict }) => verdict)).toContain("eligible");
  });

  test("passes a plan that can be launched, with what the launch needs", async (subject) => {
    const { adapter, facts, plan } = subject;
    const report = await adapter.preflight(draftOf(subject), facts, quiet());
    expect(failed(report.checks)).toEqual([]);
    expect(report.checks.length > 0).toBe(true);
    expect(report.machineType).toBe(plan.machineType);
    expect(canonicalJson(report.settings)).toBe(canonicalJson(plan.settings));
  });

  test("is read-only", async (subject) => {
    await subject.adapter.preflight(draftOf(subject), subject.facts, quiet());
    expect(await subject.adapter.list(subject.owner, quiet())).toEqual([]);
  });
}

function draftOf({ plan }: AdapterSubject): PlanDraft {
  const { planId: _planId, checks: _checks, settings: _settings, ...draft } = plan;
  return draft;
}

function failed(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ outcome }) => outcome === "failed");
}

/** A failed check is of use only with a stable reason and with what to do. */
function expectTold(expect: Duties["expect"], check: Check): void {
  expect(typeof check.code).toBe("string");
  expect(typeof check.reason).toBe("string");
  expect(check.message).not.toBe("");
  expect(typeof check.remedy).toBe("string");
}
