/** The adapter of Compute Engine: `slipway/adapters/gce`. */
export { createGceAdapter } from "./adapter.ts";
export type { GceAdapterOptions } from "./adapter.ts";
export { API_CALLS } from "./client/api-calls.ts";
export type { GceApiCall } from "./client/api-calls.ts";
export { grantAccessToken } from "./client/registry-token.ts";
export type { RegistryTokenOptions } from "./client/registry-token.ts";
export { loadGceSdk } from "./client/load-sdk.ts";
export type { GceEnvironment } from "./client/credential-file.ts";
