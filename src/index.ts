/** The public API of the package `slipway`, as an explicit list. No other file of the package imports this one. */
export { canonicalJson } from "./json/canonical-json.ts";
export { toCamelCase as fromWire, toSnakeCase as toWire } from "./json/field-case.ts";
export type {
  AppliedRecord,
  ApplyOptions,
  Bake,
  Catalog,
  SetOptions,
  WriteOptions,
} from "./catalog/catalog.ts";
export type {
  CatalogBodies,
  CatalogKind,
  CatalogKinds,
  CatalogRecord,
  HistoryEntry,
  ImageFields,
  WorkspaceFields,
  PlacementFields,
  EnvironmentFields,
  MachineTypeFields,
  DiskTypeFields,
  SecretFields,
} from "./catalog/kinds.ts";
export type { Clock } from "./host/clock.ts";
export { createSlipway } from "./slipway/create-slipway.ts";
export type { SlipwayOptions } from "./slipway/create-slipway.ts";
export type { StorageWarning } from "./storage/database-file.ts";
export { SlipwayError, isSlipwayError } from "./errors.ts";
export type {
  BlastRadius,
  ErrorCode,
  ErrorReason,
  JsonObject,
  JsonValue,
  RetryVerdict,
  SlipwayErrorOptions,
} from "./errors.ts";
export type { RateOptions } from "./slipway/rate-options.ts";
export type { RateBucket, RateLimit, RateSettings } from "./pacing/rates.ts";
export { chainId, imageId, parseImageConfig } from "./oci/image/image-config.ts";
export type { ImageConfig } from "./oci/image/image-config.ts";
export type { OciInspection } from "./oci/inspect/inspect-image.ts";
export { parseReference } from "./oci/reference.ts";
export type { Reference } from "./oci/reference.ts";
export type {
  Architecture,
  Artifact,
  Candidate,
  Check,
  CheckOutcome,
  FloatingRead,
  LaunchPlan,
  PlacementTarget,
  PlanRecord,
  Substrate,
} from "./plan/plan.ts";
export { parsePlan } from "./plan/plan-document.ts";
export { selectCredential } from "./secrets/docker-config.ts";
export type { Credential } from "./secrets/docker-config.ts";
export { SecretValue } from "./secret-value.ts";
export type {
  BurstOptions,
  InspectOptions,
  LogsOptions,
  RecoverOptions,
  ResolveOptions,
  Slipway,
  SpawnAdditions,
  SpawnFilter,
  SpawnOptions,
  SpawnResult,
  SweepOptions,
  WantedSpawn,
} from "./slipway/slipway.ts";
export type { ProcessIdentity } from "./host/process-identity.ts";
export type { Ledger } from "./ledger/ledger.ts";
export type { SpawnNotice } from "./spawner/notice.ts";
export type { Recovered } from "./spawner/recover.ts";
export type { SweepReport, SweptResource } from "./spawner/sweep.ts";
export type {
  Spawn,
  SpawnAttempt,
  SpawnDescription,
  SpawnEvent,
  SpawnLaunch,
  SpawnMachine,
  SpawnState,
} from "./ledger/spawn-record.ts";
export type { AdapterCall } from "./substrate/instrument.ts";
export type {
  ImageInspection,
  ImageSource,
  ImageTarget,
  Launch,
  LaunchOutcome,
  Machine,
  MachineAddresses,
  OpenAdapter,
  PreflightReport,
  SubstrateAdapter,
  SubstrateCapabilities,
  TerminateOutcome,
} from "./substrate/contract.ts";
