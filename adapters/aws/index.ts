/** The EC2 adapter, exported as `slipway/adapters/aws`. */
export { createAwsAdapter } from "./adapter.ts";
export type { AwsAdapterOptions } from "./adapter.ts";
export { API_CALLS, ENCRYPTION_PERMISSIONS, LAUNCH_PERMISSIONS } from "./client/api.ts";
export type { ApiCall } from "./client/api.ts";
export { grantEcrToken, REGISTRY_CALLS, REGISTRY_PERMISSIONS } from "./client/registry-token.ts";
export type { EcrApi } from "./client/registry-token.ts";
export { diagnoseAws } from "./diagnosis.ts";
export type { AwsDiagnosisOptions } from "./diagnosis.ts";
export { loadAwsSdk } from "./client/load-sdk.ts";
export { configuresCredentials } from "./client/shared-files.ts";
export type { AwsEnvironment } from "./client/shared-files.ts";
export type { AwsRole, AwsTimeLimits, ClientOptions as AwsClientOptions } from "./client/client.ts";
export type { AwsService } from "./client/endpoint-provider.ts";
