/** The adapter of EC2: `slipway/adapters/aws`. */
export { createAwsAdapter } from "./adapter.ts";
export type { AwsAdapterOptions } from "./adapter.ts";
export { API_CALLS, LAUNCH_PERMISSIONS } from "./api.ts";
export type { ApiCall } from "./api.ts";
export type { AwsEnvironment } from "./endpoint-provider.ts";
