import type { SlipwayError } from "../errors.ts";
import { bootDocument } from "./boot-document.ts";
import { noCandidateLeft, offeringOf, openCandidates } from "./candidates.ts";
import { launchToken } from "./launch-token.ts";
import type { DrivenSpawn, NewLaunch } from "./ledger.ts";
import type { SpawnEvent } from "./progress.ts";
import { latestLaunch } from "./task.ts";
import type { SpawnerWorld, Task } from "./task.ts";

/**
 * The next launch of a spawn: the first open place, or none.
 *
 * @param alsoFull the offering that has just been found full
 */
export async function nextLaunch(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
  alsoFull: string | null,
): Promise<NewLaunch | null> {
  const { plan, launches } = driven;
  const tried = launches.map(({ candidate }) => candidate);
  const offerings = plan.candidates.map((candidate) => offeringOf(plan, candidate));
  const known = await world.ledger.fullOfferings(offerings, world.clock.now());
  const full = alsoFull === null ? known : new Set([...known, alsoFull]);
  const [next] = openCandidates(plan, tried, full);
  if (next === undefined) return null;
  return plannedLaunch(task, driven, next.index, launches.length + 1);
}

/** The intent of a launch: the same in every process that comes to it. */
export function plannedLaunch(
  { owner, adapter, wish: { spawnId } }: Pick<Task, "owner" | "adapter" | "wish">,
  { plan }: Pick<DrivenSpawn, "plan">,
  candidate: number,
  number: number,
): NewLaunch {
  const place = plan.candidates[candidate];
  if (place === undefined) throw noCandidateLeft(plan);
  const document = bootDocument(plan, spawnId, adapter.capabilities.bootDocument);
  const members = [{ spawnId, bootDocument: document }];
  return {
    candidate,
    place: place.place,
    token: launchToken({ owner, number, plan, place, members }),
  };
}

/** What the state machine is told of a refusal or an end: with the next launch where the error allows one. */
export async function refusal(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
  kind: "refused" | "absent" | "ended",
  error: SlipwayError,
): Promise<SpawnEvent> {
  if (error.retry !== "next-candidate") return { kind, error, next: null };
  return { kind, error, next: await nextLaunch(world, task, driven, fullOffering(driven, error)) };
}

/** The offering that an error says is full; null where it says something else. */
export function fullOffering(driven: DrivenSpawn, error: SlipwayError): string | null {
  const candidate = driven.plan.candidates[latestLaunch(driven).candidate];
  if (error.reason !== "INSUFFICIENT_CAPACITY" || candidate === undefined) return null;
  return offeringOf(driven.plan, candidate);
}
