import type { SlipwayError } from "../errors.ts";
import { offeringOf, offeringsOf, openCandidates } from "./candidates.ts";
import type { DrivenSpawn, PlannedLaunch } from "../ledger/ledger.ts";
import type { SpawnEvent } from "./state-machine.ts";
import { latestLaunch } from "./task.ts";
import type { SpawnerRuntime } from "./task.ts";

/**
 * The next launch of a spawn: at the first open place; null if none is left.
 *
 * @param alsoFull an offering that has just been found full
 */
export async function nextLaunch(
  runtime: SpawnerRuntime,
  driven: DrivenSpawn,
  alsoFull: string | null,
): Promise<PlannedLaunch | null> {
  const { plan, launches } = driven;
  const tried = launches.map(({ candidate }) => candidate);
  const known = await runtime.ledger.fullOfferings(offeringsOf(plan), runtime.clock.now());
  const full = alsoFull === null ? known : new Set([...known, alsoFull]);
  const [next] = openCandidates(plan, tried, full);
  if (next === undefined) return null;
  return { candidate: next.index, place: next.candidate.place };
}

/** The event of a refusal or an end, with the next launch if the error allows one. */
export async function refusalEvent(
  runtime: SpawnerRuntime,
  driven: DrivenSpawn,
  kind: "refused" | "absent" | "ended",
  error: SlipwayError,
): Promise<SpawnEvent> {
  if (error.retry !== "next-candidate") return { kind, error, next: null };
  return { kind, error, next: await nextLaunch(runtime, driven, fullOffering(driven, error)) };
}

/** The offering that the error reports as full; null for any other error. */
export function fullOffering(driven: DrivenSpawn, error: SlipwayError): string | null {
  const candidate = driven.plan.candidates[latestLaunch(driven).candidate];
  if (error.reason !== "INSUFFICIENT_CAPACITY" || candidate === undefined) return null;
  return offeringOf(driven.plan, candidate);
}
