/** The adapter of Compute Engine: `slipway/adapters/gce`. */
export { createGceAdapter } from "./adapter.ts";
export type { GceAdapterOptions } from "./adapter.ts";
export { API_CALLS } from "./api-calls.ts";
export type { GceApiCall } from "./api-calls.ts";
export type { GceEnvironment } from "./credential-file.ts";
