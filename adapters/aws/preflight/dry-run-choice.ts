import type { SlipwayError } from "../../../src/errors.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import { rulesOut } from "../../../src/plan/refusal-scope.ts";
import { instanceSettings } from "./instance-settings.ts";
import type { InstanceSubject } from "./instance-settings.ts";
import { namedType } from "./machine-choice.ts";
import { typeAt } from "./type-choice.ts";
import type { TypeChoice } from "./type-choice.ts";
import { obstacleName } from "../errors/failed-reads.ts";
import { namedGroups } from "../target.ts";
import { settled } from "../../../src/substrate/reading.ts";
import type { DryRun } from "./dry-run.ts";

export interface DryRunSubject extends InstanceSubject {
  readonly dryRun: DryRun;
  readonly signal: AbortSignal;
}

export interface DryRunResult {
  readonly place: Candidate;
  /** Null if EC2 would have launched. */
  readonly error: SlipwayError | null;
}

/** The dry runs of a preflight, in order, and the candidates that they leave. */
export interface DryRuns {
  readonly results: readonly DryRunResult[];
  readonly candidates: readonly Candidate[];
}

/** How many dry runs a preflight makes at most: EC2's bucket for launches holds five, and each dry run takes one. */
const MOST_DRY_RUNS = 5;

/**
 * A dry run at the first candidate, made in parallel with the reads. Null if the draft leaves the machine type to the
 * reads, so that there is nothing to try yet.
 */
export async function dryRunFirstCandidate(subject: DryRunSubject): Promise<DryRunResult | null> {
  const [first] = subject.draft.candidates;
  if (first === undefined) return null;
  return await dryRunAt(subject, first, namedType(subject.draft, first));
}

/**
 * Makes dry runs at the eligible candidates in order, starting with the early one, until EC2 accepts one. A refusal
 * rejects the candidates that it is about, as it would at the launch; these are not tried.
 */
export async function finishDryRuns(
  subject: DryRunSubject,
  early: DryRunResult | null,
  found: { readonly places: readonly Candidate[]; readonly types: readonly TypeChoice[] },
): Promise<DryRuns> {
  const first = early === null ? null : judgedResult(early, found.places);
  let runs: DryRuns = { results: [], candidates: found.places };
  if (first !== null) runs = withResult(runs, first);
  while (!isSettled(runs)) {
    const place = runs.candidates.find(({ verdict }) => verdict === "eligible");
    const type = place === undefined ? null : typeAt(found.types, place);
    if (place === undefined || type === null || type.info === null) break;
    const result = await dryRunAt(subject, place, type.name);
    if (result === null) break;
    runs = withResult(runs, result);
  }
  return runs.results.length === 0 && early !== null ? { ...runs, results: [early] } : runs;
}

function withResult({ results, candidates }: DryRuns, result: DryRunResult): DryRuns {
  return { results: [...results, result], candidates: withoutRefused(candidates, result) };
}

/** After a success, and after an answer that is not a refusal, there is nothing more to find out. */
function isSettled({ results }: DryRuns): boolean {
  const last = results.at(-1);
  if (last === undefined) return false;
  const { error } = last;
  return error === null || error.retry === "same-token" || results.length >= MOST_DRY_RUNS;
}

/**
 * The early dry run with the zone of its candidate. Null if the reads have rejected that candidate, and the refusal may
 * have the same cause: then it is known already, and says nothing about the other candidates.
 */
function judgedResult(early: DryRunResult, places: readonly Candidate[]): DryRunResult | null {
  const { place, error } = early;
  const judged = places.find(
    ({ subnet, market, machineType }) =>
      subnet === place.subnet && market === place.market && machineType === place.machineType,
  );
  const isUsable = judged?.verdict === "eligible" || error === null || concernsEverything(error);
  return isUsable ? { place: judged ?? place, error } : null;
}

/** Refusals that no candidate's own properties can cause. */
function concernsEverything(error: SlipwayError): boolean {
  return (
    obstacleName(error) !== null ||
    (error.retry === "never" && ["credential", "account", "image"].includes(error.blastRadius))
  );
}

function withoutRefused(
  candidates: readonly Candidate[],
  { place, error }: DryRunResult,
): readonly Candidate[] {
  if (error === null) return candidates;
  return candidates.map((candidate) =>
    candidate.verdict === "eligible" && rulesOut(error, place, candidate)
      ? { ...candidate, verdict: "rejected", reason: error.message }
      : candidate,
  );
}

/** Null without a type or an image, because then there is no request to try. */
async function dryRunAt(
  subject: DryRunSubject,
  place: Candidate,
  instanceType: string | null,
): Promise<DryRunResult | null> {
  const { draft, target, image, dryRun, signal } = subject;
  if (instanceType === null) return null;
  if (image === null || image.rootDeviceName === null) return null;
  const settings = instanceSettings(subject, instanceType, namedGroups(target));
  const { value, error } = await settled(dryRun(draft, settings, place, signal));
  return { place, error: error ?? value };
}
