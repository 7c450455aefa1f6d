import { canonicalJson } from "../json/canonical-json.ts";
import { SlipwayError } from "../errors.ts";
import { memoizeFrozen } from "../async/memoize.ts";
import type { LaunchRecord } from "../ledger/ledger.ts";
import { machineTypeAt } from "../plan/machine-types.ts";
import type { Candidate, LaunchPlan, PlacementTarget } from "../plan/plan.ts";
import { rulesOut } from "../plan/refusal-scope.ts";

/** For how long a place that was full is tried last, in milliseconds. */
export const FULL_MILLISECONDS = 5 * 60_000;

/** A place of the plan that is still open to a launch. */
export interface OpenCandidate {
  /** Index among the plan's candidates. */
  readonly index: number;
  readonly candidate: Candidate;
}

/** An earlier launch of a spawn. */
export type EarlierLaunch = Pick<LaunchRecord, "candidate" | "blastRadius">;

/**
 * How many launches of several machines a spawn joins at most in one place. Each refusal halves them: a thousand
 * machines become one after ten.
 */
const MOST_SHARED_LAUNCHES = 12;

/**
 * The remaining places of a spawn: the plan's eligible ones in order, without those already tried and those that a
 * refusal rules out. Places that are known to be full come last; after them those that refused a launch of several
 * machines, and may still have room for fewer.
 */
export function openCandidates(
  plan: LaunchPlan,
  earlier: readonly EarlierLaunch[],
  full: ReadonlySet<string>,
): readonly OpenCandidate[] {
  const open = plan.candidates
    .map((candidate, index) => ({ index, candidate }))
    .filter(
      ({ index, candidate }) =>
        candidate.verdict === "eligible" &&
        !earlier.some((launch) => isRuledOut(plan, launch, { index, candidate })) &&
        sharedLaunches(earlier, index) <= MOST_SHARED_LAUNCHES,
    );
  const supplies = suppliesOf(plan);
  const rank = ({ index }: OpenCandidate): number => {
    if (sharedLaunches(earlier, index) > 0) return 2;
    return supplies[index]?.some((one) => full.has(one)) === true ? 1 : 0;
  };
  return open.toSorted((one, other) => rank(one) - rank(other));
}

function sharedLaunches(earlier: readonly EarlierLaunch[], index: number): number {
  return earlier.filter(({ candidate }) => candidate === index).length;
}

/** A launch that was followed by another one was refused with the verdict `next-candidate`. */
function isRuledOut(
  { candidates }: LaunchPlan,
  { candidate, blastRadius }: EarlierLaunch,
  other: OpenCandidate,
): boolean {
  const refused = candidates[candidate];
  if (blastRadius === null || refused === undefined) return candidate === other.index;
  return rulesOut({ blastRadius, retry: "next-candidate" }, refused, other.candidate);
}

/** The supplies of a launch at each candidate, in order: an offering and, where it has one, a subnet's addresses. */
const suppliesOf = memoizeFrozen((plan: LaunchPlan): readonly (readonly string[])[] =>
  plan.candidates.map((candidate) => {
    const addresses = addressesOf(plan, candidate);
    return [offeringOf(plan, candidate), ...(addresses === null ? [] : [addresses])];
  }),
);

/** The supplies of all candidates, without duplicates. */
export const allSuppliesOf = memoizeFrozen((plan: LaunchPlan): readonly string[] => [
  ...new Set(suppliesOf(plan).flat()),
]);

/** Machine type, zone and market in one account: the capacity that may be exhausted. Without a market it is on demand. */
export function offeringOf(
  plan: Pick<LaunchPlan, "target" | "machineType">,
  candidate: Pick<Candidate, "place" | "market" | "machineType">,
): string {
  const { place, market } = candidate;
  const machineType = machineTypeAt(plan, candidate);
  return canonicalJson([accountOf(plan.target), place, machineType, market ?? "on-demand"]);
}

/** The error of a plan whose candidates were all rejected. */
export function noCandidateLeft(plan: LaunchPlan): SlipwayError {
  // A zone may be rejected for the same reason in both markets.
  const rejections = plan.candidates.map(
    ({ reason, ...where }) => `${rejectedPlace(where)}: ${reason ?? "rejected"}`,
  );
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CHECKS_FAILED",
    message: `workspace ${plan.workspace}: no place is left to launch in (${[...new Set(rejections)].join("; ")})`,
    remedy: "Name another zone or subnet in the placement, or another machine type.",
  });
}

/** The addresses of a candidate's subnet, which all machine types and markets share. */
export function addressesOf(
  { target }: Pick<LaunchPlan, "target">,
  { subnet }: Pick<Candidate, "subnet">,
): string | null {
  return subnet === undefined ? null : canonicalJson([accountOf(target), subnet]);
}

function rejectedPlace({ place, machineType }: Pick<Candidate, "place" | "machineType">): string {
  return machineType === undefined ? place : `${machineType} in ${place}`;
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
