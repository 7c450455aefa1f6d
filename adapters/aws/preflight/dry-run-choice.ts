import type { SlipwayError } from "../../../src/errors.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import { instanceSettings } from "./instance-settings.ts";
import type { InstanceSubject } from "./instance-settings.ts";
import { namedType } from "./machine-choice.ts";
import { obstacleName } from "../errors/failed-reads.ts";
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

/**
 * A dry run at the first candidate, made in parallel with the reads. Null if the draft leaves the machine type to the
 * reads, so that there is nothing to try yet.
 */
export async function dryRunFirstCandidate(subject: DryRunSubject): Promise<DryRunResult | null> {
  return await dryRunAt(subject, subject.draft.candidates[0], namedType(subject.draft));
}

/**
 * The result of the early dry run. A second one is made at the first eligible candidate if there was no early one, or if
 * EC2 refused the early one for a reason that may not apply to that candidate.
 */
export async function finishDryRun(
  subject: DryRunSubject,
  early: DryRunResult | null,
  found: { readonly places: readonly Candidate[]; readonly instanceType: string | null },
): Promise<DryRunResult | null> {
  const place = found.places.find(({ verdict }) => verdict === "eligible");
  if (place === undefined || (early !== null && appliesEverywhere(early, place))) return early;
  return (await dryRunAt(subject, place, found.instanceType)) ?? early;
}

function appliesEverywhere({ error, place }: DryRunResult, other: Candidate): boolean {
  const isSame = place.subnet === other.subnet && place.market === other.market;
  return (
    isSame ||
    error === null ||
    error.reason === "CLOUD_PERMISSION_DENIED" ||
    obstacleName(error) !== null
  );
}

/** Null without a place, a type or an image, because then there is no request to try. */
async function dryRunAt(
  subject: DryRunSubject,
  place: Candidate | undefined,
  instanceType: string | null,
): Promise<DryRunResult | null> {
  const { draft, target, image, dryRun, signal } = subject;
  if (place === undefined || instanceType === null) return null;
  if (image === null || image.rootDeviceName === null) return null;
  const groupIds = target.securityGroupId === null ? [] : [target.securityGroupId];
  const settings = instanceSettings(subject, instanceType, groupIds);
  const { value, error } = await settled(dryRun(draft, settings, place, signal));
  return { place, error: error ?? value };
}
