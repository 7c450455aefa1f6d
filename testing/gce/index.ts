export type { Exchange as GceExchange } from "./answer.ts";
export type { ImageOptions as GceImageOptions } from "./built-in-images.ts";
export type { Call as GceCall, Context as GceContext, Timing as GceTiming } from "./context.ts";
export { parseGceFaults } from "./faults.ts";
export type { MachineType as GceMachineType } from "./machine-types.ts";
export {
  type RateQuota as GceRateQuota,
  type RateTable as GceRateTable,
  noRates as noGceRates,
  publishedRates as publishedGceRates,
} from "./rate-limits.ts";
export type { MetadataOwner as GceMetadataOwner } from "./metadata/metadata-service.ts";
export type { GceRequest } from "./request-entry.ts";
export { type GceDenial, type GceOptions, type GceFake, startGce } from "./server.ts";
export type {
  Architecture as GceArchitecture,
  ClosedZone as GceClosedZone,
  Denial as GceDenialRecord,
  DeprecationState as GceDeprecationState,
  Disk as GceDisk,
  Image as GceImageRecord,
  ImageState as GceImageState,
  Instance as GceInstanceRecord,
  OperationError as GceOperationError,
  Policy as GcePolicy,
  Pool as GcePool,
  Project as GceProject,
  Quota as GceQuota,
  Reservation as GceReservationRecord,
} from "./records.ts";
export type { Method as GceMethod, Route as GceRoute } from "./route.ts";
export type { World as GceWorld } from "./world.ts";
export type { ReservationOptions as GceReservationOptions } from "./reservations.ts";
