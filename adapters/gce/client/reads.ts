import type { GceApi } from "./api.ts";
import { singleFlight } from "../../../src/async/single-flight.ts";
import type { Keeping } from "../../../src/async/single-flight.ts";
import { canonicalJson } from "../../../src/json/canonical-json.ts";

/** The reads of `inspectImage` and `preflight`. Concurrent callers share equal reads. */
export type GceReads = ReturnType<typeof createReads>;

/** A zone's offers change in months; existence, state and permissions may change between two resolutions. */
const TYPES_KEPT = 5 * 60_000;

export function createReads(api: GceApi, now: () => number) {
  const kept = { milliseconds: TYPES_KEPT, now };
  return {
    image: sharedRead(api.image),
    imageOfFamily: sharedRead(api.imageOfFamily),
    images: sharedRead(api.images),
    imagePermissions: sharedRead(api.imagePermissions),
    project: sharedRead(api.project),
    zone: sharedRead(api.zone),
    reservation: sharedRead(api.reservation),
    subnetwork: sharedRead(api.subnetwork),
    subnetworkPermissions: sharedRead(api.subnetworkPermissions),
    machineType: sharedRead(api.machineType, kept),
    machineTypes: sharedRead(api.machineTypes, kept),
    machineTypeZones: sharedRead(api.machineTypeZones, kept),
    acceleratorType: sharedRead(api.acceleratorType, kept),
    diskType: sharedRead(api.diskType, kept),
  };
}

type Read<Request, Answer> = (request: Request, signal: AbortSignal) => Promise<Answer>;

/** Wraps a read so that concurrent callers with equal arguments share one call. */
function sharedRead<Request extends object, Answer>(
  read: Read<Request, Answer>,
  keeping?: Keeping,
): Read<Request, Answer> {
  const join = singleFlight<Answer>(keeping);
  const what = "reading from Compute Engine";
  return async (request, signal) =>
    await join({ key: canonicalJson(request), signal, what }, (stop) => read(request, stop));
}
