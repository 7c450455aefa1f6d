/** The adapter of Compute Engine: `slipway/adapters/gce`. */
export { createGceAdapter } from "./adapter.ts";
export type { GceAdapterOptions } from "./adapter.ts";
export { diagnoseGce } from "./diagnosis.ts";
export type { GceDiagnosisOptions } from "./diagnosis.ts";
export { API_CALLS } from "./client/api-calls.ts";
export type { GceApiCall } from "./client/api-calls.ts";
export { grantAccessToken } from "./client/registry-token.ts";
export type { RegistryTokenOptions } from "./client/registry-token.ts";
export { loadGceSdk } from "./client/load-sdk.ts";
export { configuresCredentials } from "./client/credential-settings.ts";
export type { GceEnvironment } from "./client/credential-settings.ts";
export type { CredentialOptions as GceCredentialOptions } from "./client/credentials.ts";
export type { TokenRequestOptions as GceTokenRequestOptions } from "./client/token-requests.ts";
export type { OnReply as GceReplyListener } from "./client/transport.ts";
export type { GceIdentity, GceRole } from "./target.ts";
