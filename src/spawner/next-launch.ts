import type { ErrorReason, SlipwayError } from "../errors.ts";
import { rulesOut } from "../plan/refusal-scope.ts";
import { addressesOf, allSuppliesOf, offeringOf, openCandidates } from "./candidates.ts";
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
  const full = await runtime.ledger.fullOfferings(allSuppliesOf(plan), runtime.clock.now());
  const [next] = openCandidates(plan, launches, full);
  if (next === undefined) return null;
  const { place, market, machineType } = next.candidate;
  return {
    candidate: next.index,
    place,
    ...(market === undefined ? {} : { market }),
    ...(machineType === undefined ? {} : { machineType }),
  };
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

/** The reasons of refusals that offerings without capacity, quota or a market meet for some time. */
const SHORTAGES: ReadonlySet<ErrorReason> = new Set([
  "INSUFFICIENT_CAPACITY",
  "QUOTA_EXCEEDED",
  "SPOT_ROLE_MISSING",
]);

/**
 * The offerings and subnets that other spawns try last for some time, because this one was refused there: all offerings
 * that a shortage is about, or a subnet without addresses. None for any other error.
 */
export function fullOfferings(
  { plan, launches }: DrivenSpawn,
  error: SlipwayError,
): readonly string[] {
  const refused = plan.candidates[launches.at(-1)?.candidate ?? -1];
  if (error.retry !== "next-candidate" || refused === undefined) return [];
  if (error.reason === "SUBNET_FULL") return [addressesOf(plan, refused) ?? []].flat();
  if (!SHORTAGES.has(error.reason)) return [];
  const short = plan.candidates.filter(
    (candidate) => candidate === refused || rulesOut(error, refused, candidate),
  );
  return [...new Set(short.map((candidate) => offeringOf(plan, candidate)))];
}
