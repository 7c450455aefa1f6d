import type { SlipwayError } from "../../../src/errors.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import { instanceSettings } from "./instance-settings.ts";
import type { InstanceSubject } from "./instance-settings.ts";
import { namedType } from "./machine-choice.ts";
import { obstacleName } from "../errors/failed-reads.ts";
import { settled } from "../../../src/substrate/reading.ts";
import type { Rehearse } from "./dry-run.ts";

export interface RehearsalSubject extends InstanceSubject {
  readonly rehearse: Rehearse;
  readonly signal: AbortSignal;
}

export interface Rehearsal {
  readonly place: Candidate;
  /** Null where EC2 would have launched. */
  readonly error: SlipwayError | null;
}

/** At the first candidate, beside all reads; null where it is not known yet what to rehearse. */
export async function rehearseEarly(subject: RehearsalSubject): Promise<Rehearsal | null> {
  return await rehearseAt(subject, subject.draft.candidates[0], namedType(subject.draft));
}

/**
 * The early rehearsal, unless it was refused for its place and another one is left, or there was nothing to rehearse
 * before the answers were there.
 */
export async function finishRehearsal(
  subject: RehearsalSubject,
  early: Rehearsal | null,
  found: { readonly places: readonly Candidate[]; readonly instanceType: string | null },
): Promise<Rehearsal | null> {
  const place = found.places.find(({ verdict }) => verdict === "eligible");
  if (place === undefined || (early !== null && isOfEveryPlace(early, place))) return early;
  return (await rehearseAt(subject, place, found.instanceType)) ?? early;
}

function isOfEveryPlace({ error, place }: Rehearsal, other: Candidate): boolean {
  const isSame = place.subnet === other.subnet && place.market === other.market;
  return (
    isSame ||
    error === null ||
    error.reason === "CLOUD_PERMISSION_DENIED" ||
    obstacleName(error) !== null
  );
}

/** Null without a place, a type or an image: then there is no request to rehearse. */
async function rehearseAt(
  subject: RehearsalSubject,
  place: Candidate | undefined,
  instanceType: string | null,
): Promise<Rehearsal | null> {
  const { draft, target, image, rehearse, signal } = subject;
  if (place === undefined || instanceType === null) return null;
  if (image === null || image.rootDeviceName === null) return null;
  const groupIds = target.securityGroupId === null ? [] : [target.securityGroupId];
  const settings = instanceSettings(subject, instanceType, groupIds);
  const { value, error } = await settled(rehearse(draft, settings, place, signal));
  return { place, error: error ?? value };
}
