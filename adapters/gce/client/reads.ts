import type { GceApi } from "./api.ts";
import { singleFlight } from "../../../src/async/single-flight.ts";
import type { Keeping } from "../../../src/async/single-flight.ts";
import { canonicalJson } from "../../../src/json/canonical-json.ts";

/** What `inspectImage` and `preflight` read, shared by all who ask the same at once. */
export type GceReads = ReturnType<typeof createReads>;

/** What a zone offers changes in months; what is there, up and allowed may change between two resolutions. */
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
    subnetwork: sharedRead(api.subnetwork),
    subnetworkPermissions: sharedRead(api.subnetworkPermissions),
    machineType: sharedRead(api.machineType, kept),
    machineTypes: sharedRead(api.machineTypes, kept),
    machineTypeZones: sharedRead(api.machineTypeZones, kept),
    diskType: sharedRead(api.diskType, kept),
  };
}

type Read<Request, Answer> = (request: Request, signal: AbortSignal) => Promise<Answer>;

/** The read with callers that ask for the same at the same time sharing one call. */
function sharedRead<Request extends object, Answer>(
  read: Read<Request, Answer>,
  keeping?: Keeping,
): Read<Request, Answer> {
  const join = singleFlight<Answer>(keeping);
  const what = "reading from Compute Engine";
  return async (request, signal) =>
    await join({ key: canonicalJson(request), signal, what }, (stop) => read(request, stop));
}
