import { canonicalJson } from "../../src/json/canonical-json.ts";
import type { Check, PlanDraft } from "../../src/plan/plan.ts";
import type { AdapterSubject, Duties } from "./subject.ts";
import { neverAborted } from "./support.ts";

export function imageDuties({ test, expect }: Duties): void {
  test("resolves a reference to a pinned artifact and its architecture", async (subject) => {
    const { adapter, image, imageTarget, plan } = subject;
    const found = await adapter.inspectImage(image, imageTarget, neverAborted());
    expect(found.artifact).toMatchObject({ id: plan.artifact.id, pinned: true });
    expect(found.architecture).toBe(imageTarget.architecture);
    expect(failed(found.checks)).toEqual([]);
  });

  test("returns a failed check with a reason for an absent image, without throwing", async (subject) => {
    const { adapter, absentImage, imageTarget } = subject;
    const found = await adapter.inspectImage(absentImage, imageTarget, neverAborted());
    expect(found.artifact).toBe(null);
    const failures = failed(found.checks);
    expect(failures.length > 0).toBe(true);
    for (const check of failures) expectHelpful(expect, check);
  });

  test("is read-only and returns the same answer twice", async (subject) => {
    const { adapter, image, imageTarget, owner } = subject;
    const first = await adapter.inspectImage(image, imageTarget, neverAborted());
    expect(await adapter.inspectImage(image, imageTarget, neverAborted())).toEqual(first);
    expect(await adapter.list(owner, neverAborted())).toEqual([]);
    // Values that go into a plan must be JSON: canonicalJson throws for anything else.
    canonicalJson([first.artifact, first.checks, first.sources, first.facts]);
  });
}

export function preflightDuties({ test, expect }: Duties): void {
  test("returns a verdict for each candidate of the plan, in order", async (subject) => {
    const { adapter, facts, plan } = subject;
    const report = await adapter.preflight(draftOf(subject), facts, neverAborted());
    expect(report.candidates.map(({ place }) => place)).toEqual(
      plan.candidates.map(({ place }) => place),
    );
    for (const { verdict, reason } of report.candidates)
      expect(reason === null).toBe(verdict === "eligible");
    expect(report.candidates.map(({ verdict }) => verdict)).toContain("eligible");
  });

  test("passes a launchable plan and returns the launch settings", async (subject) => {
    const { adapter, facts, plan } = subject;
    const report = await adapter.preflight(draftOf(subject), facts, neverAborted());
    expect(failed(report.checks)).toEqual([]);
    expect(report.checks.length > 0).toBe(true);
    expect(report.machineType).toBe(plan.machineType);
    expect(canonicalJson(report.settings)).toBe(canonicalJson(plan.settings));
  });

  test("is read-only", async (subject) => {
    await subject.adapter.preflight(draftOf(subject), subject.facts, neverAborted());
    expect(await subject.adapter.list(subject.owner, neverAborted())).toEqual([]);
  });
}

function draftOf({ plan }: AdapterSubject): PlanDraft {
  const { planId: _planId, checks: _checks, settings: _settings, ...draft } = plan;
  return draft;
}

function failed(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ outcome }) => outcome === "failed");
}

/** A failed check is useful only with a stable reason and a remedy. */
function expectHelpful(expect: Duties["expect"], check: Check): void {
  expect(typeof check.code).toBe("string");
  expect(typeof check.reason).toBe("string");
  expect(check.message).not.toBe("");
  expect(typeof check.remedy).toBe("string");
}
