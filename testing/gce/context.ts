import type { Clock } from "../../src/host/clock.ts";
import { invalidField, notFound } from "./failure.ts";
import type { MachineType } from "./machine-types.ts";
import type { OperationError, Project } from "./records.ts";
import { regionOf, zonesOf } from "./places.ts";
import type { World } from "./world.ts";

/** Durations of the cloud's operations, in milliseconds. */
export interface Timing {
  /** From acceptance to STAGING. */
  readonly provisioningMs: number;
  /** From STAGING to RUNNING, when the operation completes. */
  readonly stagingMs: number;
  /** From the request to deleted, stopped or suspended. */
  readonly endingMs: number;
  /** Duration of any other operation. */
  readonly otherMs: number;
}

/** Everything that a route needs to answer one request. */
export interface Context {
  readonly world: World;
  /** The project in the path. */
  readonly project: Project;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly machineTypes: readonly MachineType[];
  /** The caller, as operations name it. */
  readonly user: string;
  /** The error that a fault injects into the operation of this request; called when the operation begins. */
  readonly takeOperationFault: () => OperationError | null;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

/** One request, parsed from its path and query. */
export interface Call {
  /** The API method: `instances.insert`. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** The value of `{name}` in the path. @throws Error if the route has no such part, which is a defect. */
  readonly part: (name: string) => string;
  /** The zone in the path, not validated. */
  readonly zone: string | null;
  /** The region in the path, not validated. */
  readonly region: string | null;
}

/** The zone in the path. @throws GceFailure `invalid` */
export function zoneOf(call: Call): string {
  const zone = call.part("zone");
  if (regionOf(zone) === null) throw invalidField("zone", zone, "Unknown zone.");
  return zone;
}

/** The region in the path. @throws GceFailure `invalid` */
export function regionOfCall(call: Call): string {
  const region = call.part("region");
  if (zonesOf(region).length === 0) throw invalidField("region", region, "Unknown region.");
  return region;
}

/** The record. @throws GceFailure `notFound` if there is none */
export function found<T>(record: T | null | undefined, link: string): T {
  if (record === null || record === undefined) throw notFound(link);
  return record;
}
