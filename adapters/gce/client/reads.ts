import type { GceApi } from "./api.ts";
import { sharedRead } from "../../../src/async/shared-read.ts";

/** What `inspectImage` and `preflight` read, shared by all who ask the same at once. */
export type GceReads = ReturnType<typeof createReads>;

/** What a zone offers changes in months; what is there, up and allowed may change between two resolutions. */
const TYPES_KEPT = 5 * 60_000;

export function createReads(api: GceApi, now: () => number) {
  const shared = { keep: 0, now };
  const kept = { keep: TYPES_KEPT, now };
  return {
    image: sharedRead({ ...shared, ask: api.image }),
    imageOfFamily: sharedRead({ ...shared, ask: api.imageOfFamily }),
    images: sharedRead({ ...shared, ask: api.images }),
    imagePermissions: sharedRead({ ...shared, ask: api.imagePermissions }),
    project: sharedRead({ ...shared, ask: api.project }),
    zone: sharedRead({ ...shared, ask: api.zone }),
    subnetwork: sharedRead({ ...shared, ask: api.subnetwork }),
    subnetworkPermissions: sharedRead({ ...shared, ask: api.subnetworkPermissions }),
    machineType: sharedRead({ ...kept, ask: api.machineType }),
    machineTypes: sharedRead({ ...kept, ask: api.machineTypes }),
    machineTypeZones: sharedRead({ ...kept, ask: api.machineTypeZones }),
    diskType: sharedRead({ ...kept, ask: api.diskType }),
  };
}
