/** The public API of the package `slipway`, as an explicit list. No other file of the package imports this one. */
export { canonicalJson } from "./json/canonical-json.ts";
export { toCamelCase as fromWire, toSnakeCase as toWire } from "./json/field-case.ts";
export type {
  AppliedRecord,
  ApplyOptions,
  Bake,
  Catalog,
  DeleteOptions,
  SetOptions,
  WriteOptions,
} from "./catalog/catalog.ts";
export type {
  AwsDiskType,
  AwsImage,
  AwsMachineType,
  AwsPlacement,
  CatalogArchitecture,
  CatalogBodies,
  CatalogKind,
  CatalogKinds,
  CatalogRecord,
  CatalogSubstrate,
  Described,
  DiskTypeFields,
  DiskTypeSpec,
  DockerImage,
  DockerPlacement,
  EnvironmentDataDisk,
  EnvironmentFields,
  GceAccelerator,
  GceDiskType,
  GceImage,
  GceMachineType,
  GcpPlacement,
  HistoryEntry,
  ImageBody,
  ImageCommon,
  ImageFields,
  MachineTypeFields,
  MachineTypeSpec,
  PlacementFields,
  Provenance,
  RecordMetadata,
  SecretBody,
  SecretFields,
  WorkspaceFields,
  WorkspacePortField,
  WorkspaceRepository,
  WorkspaceSecretMount,
} from "./catalog/kinds.ts";
export type { Clock } from "./host/clock.ts";
export { createSlipway } from "./slipway/create-slipway.ts";
export type { SlipwayOptions } from "./slipway/create-slipway.ts";
export type { ConnectionDiagnosis, PeerClock } from "./substrate/diagnosis.ts";
export { diagnose } from "./slipway/diagnosis/diagnose.ts";
export type { DiagnoseOptions, Diagnosis } from "./slipway/diagnosis/diagnose.ts";
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
export type { Pace, RateBucket, RatedCall, RateLimit, RateSettings } from "./pacing/rates.ts";
export { chainId, imageId, parseImageConfig } from "./oci/image/image-config.ts";
export type { ImageConfig } from "./oci/image/image-config.ts";
export type { OciInspection } from "./oci/inspect/inspect-image.ts";
export { parseReference } from "./oci/reference.ts";
export type { Reference, Repository as OciRepository } from "./oci/reference.ts";
export type {
  Accelerator,
  Architecture,
  Artifact,
  AwsTarget,
  Candidate,
  Check,
  CheckOutcome,
  CredentialSource,
  DockerTarget,
  FloatingRead,
  GcpTarget,
  Gpu,
  GuestRequest,
  LaunchPlan,
  MachineShape,
  MachineTypeFacts,
  PlacementTarget,
  PlanDraft,
  PlanRecord,
  RepositoryCheckout,
  SecretMount,
  Substrate,
  WorkspacePort,
} from "./plan/plan.ts";
export { parsePlan } from "./plan/plan-document.ts";
export { selectCredential } from "./secrets/docker-config.ts";
export type { Credential, CredentialHelper, HelperAnswer } from "./secrets/docker-config.ts";
export { SecretValue } from "./secret-value.ts";
export type {
  BurstOptions,
  ExecOptions,
  InspectOptions,
  LogsOptions,
  PruneOptions,
  RecoverOptions,
  ResolveOptions,
  Slipway,
  SpawnAdditions,
  SpawnEstimate,
  SpawnFilter,
  SpawnOptions,
  SpawnPort,
  SpawnResult,
  SweepOptions,
  TerminateOptions,
  WantedSpawn,
  WatchOptions,
} from "./slipway/slipway.ts";
export type { ProcessIdentity } from "./host/process-identity.ts";
export type {
  Begun as LedgerBegun,
  Claim as LedgerClaim,
  ClaimVerdict,
  DrivenSpawn,
  FoundResource,
  LaunchRecord,
  Lease as LedgerLease,
  Ledger,
  NewLaunch,
  NewSpawn,
  ResourceKind,
  SpawnFilter as LedgerSpawnFilter,
  SpawnKey,
  SpawnRecord,
  SpawnSnapshot,
  Step as LedgerStep,
  Suspect,
} from "./ledger/ledger.ts";
export type { PruneReport } from "./ledger/prune.ts";
export type { KeyRotated } from "./secrets/sealed-store.ts";
export type { PruneBatch, PruneCounts, PrunedBatch, PrunePosition } from "./ledger/pruning.ts";
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
export type { AdapterCall, AdapterVerb } from "./substrate/instrument.ts";
export type {
  BootDelivery,
  ExecRequest,
  ExecTerminal,
  GuestIdentity,
  FloatingReference,
  ImageInspection,
  ImageSource,
  ImageTarget,
  Launch,
  LaunchMember,
  LaunchOutcome,
  LaunchProgress,
  LaunchSecrets,
  Leftover,
  LeftoverVerbs,
  LogsRequest,
  Machine,
  MachineAccess,
  MachineAddresses,
  MachineEnd,
  MachineEndVerdict,
  MachineState,
  MachineStatus,
  OpenAdapter,
  OutputStream,
  Ownership,
  PreflightReport,
  SpawnInput,
  SpawnMember,
  SubstrateAdapter,
  SubstrateCapabilities,
  TerminalSize,
  TerminateOutcome,
} from "./substrate/contract.ts";
export type { Assignments } from "./catalog/assignments.ts";
export type { LinkedRecords } from "./catalog/store/store.ts";
export type { Environment as EnvironmentVariables } from "./host/environment.ts";
export type { CloudRegistry } from "./oci/cloud-registry.ts";
export type { CredentialRefusal, RegistryCredential } from "./oci/credential.ts";
export type { EngineKind, FindingSubject, ImageFinding } from "./oci/image/finding.ts";
export type {
  ExecutionConfig,
  Healthcheck,
  HistoryEntry as ImageHistoryEntry,
  MarkedKeys,
} from "./oci/image/image-config-type.ts";
export type {
  Descriptor as OciDescriptor,
  ImageIndex,
  ImageManifest,
  IndexEntry,
  Platform as OciPlatform,
} from "./oci/image/manifest.ts";
export type { ClientCertificate, RegistryCertificates } from "./oci/registry/certificates.ts";
export type {
  BlobRequest,
  FetchedManifest,
  ManifestHead,
  ManifestRequest,
  RegistryAccess,
  RegistryCaller,
  RegistryClient,
} from "./oci/registry/contract.ts";
export type {
  Backlog,
  RateAnswer,
  RateCaller,
  RateCorrection,
  RateKey,
  RateRequest,
  RateStore,
  Reservation,
  Spending,
  Spent,
} from "./pacing/contract.ts";
export type {
  ComputeEngineOptions,
  ConfidentialType,
  NetworkInterface,
  ShieldedOptions,
} from "./plan/compute-engine.ts";
export type {
  ContainerGpus,
  ContainerHost,
  ContainerLogging,
  ContainerProcess,
  ContainerShape,
  ContainerUlimit,
} from "./plan/container.ts";
export type { DataDisk, DiskOptions } from "./plan/disk.ts";
export type {
  CapacityReservationOptions,
  ConfidentialOptions,
  InstanceOptions,
  LaunchTemplateOptions,
  MaintenanceOptions,
  MetadataOptions,
} from "./plan/instance.ts";
export type { Market } from "./plan/market.ts";
export type { Agents as ProxyAgents } from "./proxy/proxy-agents.ts";
export type { Redactor } from "./redaction/redactor.ts";
export type { SecretMemory } from "./redaction/secret-memory.ts";
export type { CredentialPorts } from "./slipway/credentials.ts";
export type { SlipwayPorts } from "./slipway/facade.ts";
export type { RegistryToken } from "./substrate/registry-token.ts";
export type {
  ErrorDetails,
  ErrorFields as SpawnErrorFields,
  KnownFields as KnownErrorFields,
  SpawnError,
} from "./plan/spawn-error.ts";
