import { expect } from "vitest";
import type { JsonObject } from "../../src/errors.ts";
import type {
  Candidate,
  Check,
  GcpTarget,
  LaunchPlan,
  MachineShape,
  PlanDraft,
} from "../../src/plan/plan.ts";
import type { PreflightReport, SubstrateAdapter } from "../../src/substrate/contract.ts";
import { candidate, gcePlan, gcpTarget } from "./gce-launches.ts";
import type { GceScene } from "./gce-scene.ts";

export const IMAGES = "projects/agents/global/images";
export const SUBNET = "projects/agents/regions/us-central1/subnetworks/default";

/** Parameters of a preflight; the default is a placement in two zones that passes. */
export interface PreflightParameters {
  readonly selfLink?: string;
  readonly target?: Partial<GcpTarget>;
  readonly shape?: Partial<MachineShape>;
  readonly machineType?: string;
  readonly architecture?: LaunchPlan["architecture"];
  readonly adapter?: SubstrateAdapter;
}

const { signal } = new AbortController();

/** Inspects and preflights, as a resolution does. Afterwards `calls()` returns those of the preflight. */
export async function preflightIn(
  scene: GceScene,
  question: PreflightParameters = {},
): Promise<PreflightReport> {
  const { adapter = scene.adapter } = question;
  const { draft, facts } = await draftIn(scene, question);
  scene.calls();
  return await adapter.preflight(draft, facts, signal);
}

/** The draft that a resolution would pass to the preflight. */
export async function draftIn(
  scene: GceScene,
  question: PreflightParameters = {},
): Promise<{ readonly draft: PlanDraft; readonly facts: JsonObject }> {
  const { selfLink = `${IMAGES}/agent-base-v1`, architecture = "amd64" } = question;
  const { adapter = scene.adapter, machineType = "e2-small" } = question;
  const image = await adapter.inspectImage(
    { substrate: "GCP", selfLink },
    { imageName: "agent-base", architecture },
    signal,
  );
  const target = gcpTarget(question.target);
  const shape = { record: null, vcpus: null, memoryGb: null, diskSizeGb: 0, diskType: null };
  const {
    planId: _id,
    checks: _checks,
    settings: _settings,
    ...draft
  } = gcePlan({
    architecture,
    machineType,
    target,
    artifact: image.artifact ?? { id: selfLink, requested: selfLink, pinned: false },
    shape: { ...shape, ...question.shape },
    candidates: target.zones.map((zone) => candidate(zone)),
  });
  return { draft, facts: image.facts };
}

/** Name and reason of each failed check; each must have a remedy. */
export function failures(checks: readonly Check[]) {
  for (const { outcome, remedy, code } of checks) {
    if (outcome !== "failed") continue;
    expect(remedy).toMatch(/\.$/);
    expect(code).toBeTypeOf("string");
  }
  return checks.flatMap(({ outcome, name, reason }) =>
    outcome === "failed" ? [[name, reason]] : [],
  );
}

export function verdicts(candidates: readonly Candidate[]) {
  return candidates.map(({ place, verdict, reason }) => [place, verdict, reason]);
}

export function checkNamed(name: string, { checks }: PreflightReport): Check | undefined {
  return checks.find((check) => check.name === name);
}
