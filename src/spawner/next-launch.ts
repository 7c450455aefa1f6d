import type { SlipwayError } from "../errors.ts";
import { rulesOut } from "../plan/refusal-scope.ts";
import { offeringsOf, openCandidates } from "./candidates.ts";
import type { DrivenSpawn, PlannedLaunch } from "../ledger/ledger.ts";
import type { SpawnEvent } from "./state-machine.ts";
import { latestLaunch } from "./task.ts";
import type { SpawnerRuntime } from "./task.ts";

/**
 * The next launch of a spawn: at the first open place; null if none is left.
 *
 * @param refusal the refusal of the latest launch, if it is not recorded yet
 */
export async function nextLaunch(
  runtime: SpawnerRuntime,
  driven: DrivenSpawn,
  refusal: SlipwayError | null,
): Promise<PlannedLaunch | null> {
  const { plan } = driven;
  const latest = latestLaunch(driven);
  const launches = driven.launches.map((launch) =>
    launch === latest && refusal !== null
      ? { ...launch, blastRadius: refusal.blastRadius }
      : launch,
  );
  const full = await runtime.ledger.fullOfferings(offeringsOf(plan), runtime.clock.now());
  const [next] = openCandidates(plan, launches, full);
  if (next === undefined) return null;
  const { place, market } = next.candidate;
  return { candidate: next.index, place, ...(market === undefined ? {} : { market }) };
}

/** The event of a refusal or an end, with the next launch if the error allows one. */
export async function refusalEvent(
  runtime: SpawnerRuntime,
  driven: DrivenSpawn,
  kind: "refused" | "absent" | "ended",
  error: SlipwayError,
): Promise<SpawnEvent> {
  if (error.retry !== "next-candidate") return { kind, error, next: null };
  return { kind, error, next: await nextLaunch(runtime, driven, error) };
}

/**
 * The offerings that other spawns try last for some time: those without capacity, and all of a market that refused. None
 * for any other error.
 */
export function fullOfferings(
  { plan, launches }: DrivenSpawn,
  error: SlipwayError,
): readonly string[] {
  const isShortage = error.reason === "INSUFFICIENT_CAPACITY" || error.blastRadius === "market";
  const refused = plan.candidates[launches.at(-1)?.candidate ?? -1];
  if (!isShortage || error.retry !== "next-candidate" || refused === undefined) return [];
  const offerings = offeringsOf(plan).filter((_offering, index) => {
    const candidate = plan.candidates[index];
    return candidate !== undefined && rulesOut(error, refused, candidate);
  });
  return [...new Set(offerings)];
}
