import { builtInImages } from "./built-in-images.ts";
import { PLACES } from "./places.ts";
import type { ClosedZone, Denial, Policy, Pool, Project, Quota } from "./records.ts";
import { digest } from "../server/digest.ts";
import { numericId } from "./ids.ts";

/** The whole state of a fake. */
export interface World {
  /** Seed of the generated ids, together with `nextId`. */
  readonly seed: string;
  nextId: number;
  readonly projects: Map<string, Project>;
  /** Removed projects. */
  readonly missingProjects: Set<string>;
  readonly downZones: Set<string>;
  readonly closedZones: ClosedZone[];
  readonly policies: Policy[];
  readonly pools: Pool[];
  readonly quotas: Quota[];
  readonly denials: Denial[];
}

export function emptyWorld(seed: string): World {
  return {
    seed,
    nextId: 0,
    projects: new Map(),
    missingProjects: new Set(),
    downZones: new Set(),
    closedZones: [],
    policies: [],
    pools: [],
    quotas: [],
    denials: [],
  };
}

/** Creation time of the built-in resources of every project. */
const BUILT_IN_CREATED = Date.UTC(2025, 0, 15);

/** The project; created on first use, with its images and its default network. */
export function projectOf(world: World, id: string): Project {
  const known = world.projects.get(id);
  if (known !== undefined) return known;
  const made = newProject(id);
  world.projects.set(id, made);
  return made;
}

function newProject(id: string): Project {
  return {
    id,
    createdAt: BUILT_IN_CREATED,
    images: new Map(builtInImages(id).map((image) => [image.name, image])),
    instances: new Map(),
    disks: new Map(),
    networks: new Map([
      ["default", { id: numericId(id, "network"), name: "default", createdAt: BUILT_IN_CREATED }],
    ]),
    subnetworks: new Map(
      PLACES.map(({ region, cidr }) => [
        `${region}/default`,
        {
          id: numericId(id, "subnetwork", region),
          name: "default",
          region,
          network: "default",
          cidr,
          createdAt: BUILT_IN_CREATED,
        },
      ]),
    ),
    reservations: new Map(),
    operations: new Map(),
    requests: new Map(),
  };
}

/** Compute Engine keeps operations for two weeks after their end. Without a bound a long-running fake would grow forever. */
const OPERATIONS_KEPT_MS = 14 * 24 * 3_600_000;

/** Removes operations whose retention is over. */
export function pruneOperations(world: World, now: number): void {
  for (const { instances, disks, images, operations, requests } of world.projects.values()) {
    for (const records of [instances, disks, images])
      for (const [key, { goneAt }] of records)
        if (goneAt !== null && goneAt <= now) records.delete(key);
    for (const [name, { endsAt }] of operations) {
      // Operations are in the order of their start: once one is young, nearly all that follow are.
      if (now < endsAt + OPERATIONS_KEPT_MS) break;
      operations.delete(name);
    }
    for (const [id, { operation }] of requests) {
      if (operations.has(operation)) break;
      requests.delete(id);
    }
  }
}

/** A new, unique id. */
export function newId(world: World): string {
  return numericId(world.seed, newNumber(world));
}

/** Pseudo-random digits that are reproducible from the seed. */
export function newDigits(world: World): string {
  return digest([world.seed, newNumber(world)]);
}

function newNumber(world: World): string {
  world.nextId += 1;
  return String(world.nextId);
}
