/** The adapter of Docker engines: `slipway/adapters/docker`. */
export { createDockerAdapter } from "./adapter.ts";
export type { DockerAdapterOptions } from "./adapter.ts";
export { diagnoseEngine } from "./diagnosis.ts";
export type { EngineDiagnosisOptions } from "./diagnosis.ts";
export type { DockerEnvironment } from "./client/endpoint-provider.ts";
export type { HostPlatforms } from "./preflight/host-platforms.ts";
export type { PullTimeouts } from "./launch/pull.ts";
