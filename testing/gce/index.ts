export type { Exchange as GceExchange } from "./answer.ts";
export type { ImageOptions as GceImageOptions } from "./built-in-images.ts";
export type { Timing as GceTiming } from "./context.ts";
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
