import type { Clock } from "../../src/host/clock.ts";
import { invalidField, notFound } from "./failure.ts";
import type { MachineType } from "./machine-types.ts";
import type { OperationError, Project } from "./records.ts";
import { regionOf, zonesOf } from "./places.ts";
import type { World } from "./world.ts";

/** How the cloud takes its time; milliseconds. */
export interface Timing {
  /** From accepted to STAGING. */
  readonly provisioningMs: number;
  /** From STAGING to RUNNING, when the operation is done. */
  readonly stagingMs: number;
  /** From the order to gone, stopped or suspended. */
  readonly endingMs: number;
  /** What any other operation takes. */
  readonly otherMs: number;
}

/** What one request is answered with. */
export interface Context {
  readonly world: World;
  /** The project of the path. */
  readonly project: Project;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly machineTypes: readonly MachineType[];
  /** Who asks, as operations name them. */
  readonly user: string;
  /** What a fault lets the operation of this request fail with; asked when the operation begins. */
  readonly takeOperationFault: () => OperationError | null;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** One request, read from its path and query. */
export interface Call {
  /** The method of the API: `instances.insert`. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** What the path has in the place of `{name}`. @throws Error where the route has no such part: a defect. */
  readonly part: (name: string) => string;
  /** The zone that the path names, as it stands there. */
  readonly zone: string | null;
  /** The region, as it stands there. */
  readonly region: string | null;
}

/** The zone of the path. @throws GceFailure `invalid` */
export function zoneOf(call: Call): string {
  const zone = call.part("zone");
  if (regionOf(zone) === null) throw invalidField("zone", zone, "Unknown zone.");
  return zone;
}

/** The region of the path. @throws GceFailure `invalid` */
export function regionOfCall(call: Call): string {
  const region = call.part("region");
  if (zonesOf(region).length === 0) throw invalidField("region", region, "Unknown region.");
  return region;
}

/** What was looked up, unless it is not there. @throws GceFailure `notFound` */
export function found<T>(record: T | null | undefined, link: string): T {
  if (record === null || record === undefined) throw notFound(link);
  return record;
}
