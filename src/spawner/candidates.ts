import { canonicalJson } from "../json/canonical-json.ts";
import { SlipwayError } from "../errors.ts";
import { memoizeFrozen } from "../async/memoize.ts";
import type { Candidate, LaunchPlan, PlacementTarget } from "../plan/plan.ts";

/** For how long a place that was full is tried last, in milliseconds. */
export const FULL_MILLISECONDS = 5 * 60_000;

/** A place of the plan that is still open to a launch. */
export interface OpenCandidate {
  /** Index among the plan's candidates. */
  readonly index: number;
  readonly candidate: Candidate;
  /** The capacity that is used there: two spawns with the same offering find the same capacity. */
  readonly offering: string;
}

/**
 * The remaining places of a spawn: the plan's eligible ones in order, without those already tried. Places that are
 * known to be full come last.
 */
export function openCandidates(
  plan: LaunchPlan,
  tried: readonly number[],
  full: ReadonlySet<string>,
): readonly OpenCandidate[] {
  const offerings = offeringsOf(plan);
  const open = plan.candidates
    .map((candidate, index) => ({ index, candidate, offering: offerings[index] ?? "" }))
    .filter(({ index, candidate }) => candidate.verdict === "eligible" && !tried.includes(index));
  if (full.size === 0) return open;
  return [
    ...open.filter(({ offering }) => !full.has(offering)),
    ...open.filter(({ offering }) => full.has(offering)),
  ];
}

/** The offerings of all candidates, in order. */
export const offeringsOf = memoizeFrozen((plan: LaunchPlan): readonly string[] =>
  plan.candidates.map((candidate) => offeringOf(plan, candidate)),
);

/** Machine type, zone and market in one account: the capacity that may be exhausted. */
export function offeringOf(
  { target, machineType }: Pick<LaunchPlan, "target" | "machineType">,
  { place, market }: Pick<Candidate, "place" | "market">,
): string {
  return canonicalJson([accountOf(target), place, machineType, market ?? null]);
}

/** The error of a plan whose candidates were all rejected. */
export function noCandidateLeft(plan: LaunchPlan): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CHECKS_FAILED",
    message: `workspace ${plan.workspace}: no place is left to launch in (${plan.candidates
      .map(({ place, reason }) => `${place}: ${reason ?? "rejected"}`)
      .join("; ")})`,
    remedy: "Name another zone or subnet in the placement, or another machine type.",
  });
}

function accountOf(target: PlacementTarget): string | null {
  switch (target.substrate) {
    case "AWS":
      return target.accountId;
    case "GCP":
      return target.project;
    case "DOCKER":
      return target.host;
  }
}
