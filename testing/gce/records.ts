import { z } from "zod";

/**
 * The fake's records as plain JSON; a state file is parsed with the same schemas. Times are milliseconds since 1970;
 * places are bare names, and links are partial: `projects/P/global/images/N`.
 */
const time = z.number();
const labels = z.record(z.string(), z.string());

export const ARCHITECTURES = ["X86_64", "ARM64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export const INSTANCE_STATES = [
  "PROVISIONING",
  "STAGING",
  "RUNNING",
  "STOPPING",
  "TERMINATED",
  "SUSPENDING",
  "SUSPENDED",
] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];

export const IMAGE_STATES = ["PENDING", "READY", "FAILED", "DELETING"] as const;
export type ImageState = (typeof IMAGE_STATES)[number];

export const DEPRECATION_STATES = ["ACTIVE", "DEPRECATED", "OBSOLETE", "DELETED"] as const;
export type DeprecationState = (typeof DEPRECATION_STATES)[number];

const deprecationSchema = z.object({
  state: z.enum(DEPRECATION_STATES),
  replacement: z.string().nullable(),
  /** Times as sent. They are announcements and have no effect. */
  deprecated: z.string().nullable(),
  obsolete: z.string().nullable(),
  deleted: z.string().nullable(),
});

export const imageSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  family: z.string().nullable(),
  /** Null for old images without this field. */
  architecture: z.enum(ARCHITECTURES).nullable(),
  diskSizeGb: z.number(),
  archiveSizeBytes: z.number(),
  createdAt: time,
  /** Each state with its begin time. Times may lie in the future: the current state follows from the clock. */
  history: z.array(z.object({ at: time, state: z.enum(IMAGE_STATES) })),
  goneAt: time.nullable(),
  deprecation: deprecationSchema.nullable(),
  licenses: z.array(z.string()),
  guestOsFeatures: z.array(z.string()),
  labels,
  source: z.object({
    kind: z.enum(["raw", "disk", "image"]),
    link: z.string(),
    id: z.string().nullable(),
  }),
});
export type Image = z.infer<typeof imageSchema>;

export const diskSchema = z.object({
  id: z.string(),
  name: z.string(),
  zone: z.string(),
  type: z.string(),
  sizeGb: z.number(),
  provisionedIops: z.number().nullable().default(null),
  provisionedThroughput: z.number().nullable().default(null),
  /** The version that encrypts the disk; null for a key of Google's own. */
  kmsKeyVersion: z.string().nullable().default(null),
  architecture: z.enum(ARCHITECTURES).nullable(),
  sourceImage: z.string().nullable(),
  sourceImageId: z.string().nullable(),
  licenses: z.array(z.string()),
  guestOsFeatures: z.array(z.string()),
  labels,
  createdAt: time,
  goneAt: time.nullable(),
  /** Name of the instance that the disk is attached to, in the same zone. */
  user: z.string().nullable(),
});
export type Disk = z.infer<typeof diskSchema>;

export const attachedDiskSchema = z.object({
  diskName: z.string(),
  deviceName: z.string(),
  boot: z.boolean(),
  autoDelete: z.boolean(),
  mode: z.enum(["READ_WRITE", "READ_ONLY"]),
});
export type AttachedDisk = z.infer<typeof attachedDiskSchema>;

export const attachedNetworkSchema = z.object({
  network: z.string(),
  subnetwork: z.string(),
  networkIp: z.string(),
  /** Null without an external address. */
  external: z
    .object({ name: z.string(), natIp: z.string(), networkTier: z.enum(["PREMIUM", "STANDARD"]) })
    .nullable(),
  nicType: z.string().nullable(),
  /** Default `IPV4_ONLY`. */
  stackType: z.string().optional(),
});
export type AttachedNetwork = z.infer<typeof attachedNetworkSchema>;

export const RESERVATION_TYPES = [
  "NO_RESERVATION",
  "ANY_RESERVATION",
  "SPECIFIC_RESERVATION",
] as const;

export const CONFIDENTIAL_TYPES = ["SEV", "SEV_SNP", "TDX"] as const;
export type ConfidentialType = (typeof CONFIDENTIAL_TYPES)[number];

export const instanceSchema = z.object({
  id: z.string(),
  name: z.string(),
  zone: z.string(),
  machineType: z.string(),
  description: z.string().nullable(),
  hostname: z.string().nullable(),
  labels,
  metadata: z.array(z.object({ key: z.string(), value: z.string() })),
  tags: z.array(z.string()),
  disks: z.array(attachedDiskSchema),
  networks: z.array(attachedNetworkSchema),
  serviceAccounts: z.array(z.object({ email: z.string(), scopes: z.array(z.string()) })),
  shielded: z.object({
    enableSecureBoot: z.boolean(),
    enableVtpm: z.boolean(),
    enableIntegrityMonitoring: z.boolean(),
  }),
  /** State files of older versions have none. */
  confidentialType: z.enum(CONFIDENTIAL_TYPES).nullable().default(null),
  scheduling: z.object({
    automaticRestart: z.boolean(),
    onHostMaintenance: z.enum(["MIGRATE", "TERMINATE"]),
    provisioningModel: z.enum(["STANDARD", "SPOT"]),
    preemptible: z.boolean(),
    instanceTerminationAction: z.enum(["DELETE", "STOP"]).nullable(),
  }),
  /** State files of older versions have none. */
  reservation: z
    .object({
      type: z.enum(RESERVATION_TYPES),
      /** As requested: a name or `projects/P/reservations/N`. */
      specific: z.string().nullable(),
    })
    .default({ type: "ANY_RESERVATION", specific: null }),
  canIpForward: z.boolean(),
  /** Accelerators that the request attached. State files of older versions have none. */
  accelerators: z.array(z.object({ type: z.string(), count: z.number() })).default([]),
  deletionProtection: z.boolean(),
  createdAt: time,
  /** As `Image.history`. */
  history: z.array(z.object({ at: time, state: z.enum(INSTANCE_STATES) })),
  goneAt: time.nullable(),
  /** Serial output set by a test. */
  serialOutput: z.string().nullable(),
});
export type Instance = z.infer<typeof instanceSchema>;

export const scopeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("global") }),
  z.object({ kind: z.literal("region"), name: z.string() }),
  z.object({ kind: z.literal("zone"), name: z.string() }),
]);
/** The scope of a resource or an operation. */
export type Scope = z.infer<typeof scopeSchema>;

export const operationErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  location: z.string().nullable(),
  httpStatus: z.number(),
  quota: z
    .object({
      metricName: z.string(),
      limitName: z.string(),
      dimensions: labels,
      limit: z.number(),
    })
    .nullable(),
});
/** The error of a request that fails after acceptance. */
export type OperationError = z.infer<typeof operationErrorSchema>;

export const operationSchema = z.object({
  id: z.string(),
  name: z.string(),
  scope: scopeSchema,
  type: z.string(),
  targetLink: z.string(),
  targetId: z.string().nullable(),
  user: z.string(),
  requestId: z.string().nullable(),
  groupId: z.string().nullable(),
  insertedAt: time,
  endsAt: time,
  error: operationErrorSchema.nullable(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  bulk: z
    .object({ location: z.string(), target: z.number(), created: z.number(), deleted: z.number() })
    .nullable(),
});
export type Operation = z.infer<typeof operationSchema>;

export const networkSchema = z.object({ id: z.string(), name: z.string(), createdAt: time });
export type Network = z.infer<typeof networkSchema>;

export const subnetworkSchema = z.object({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  /** Name of a network in the same project. */
  network: z.string(),
  cidr: z.string(),
  /** Default `IPV4_ONLY`. */
  stackType: z.enum(["IPV4_ONLY", "IPV4_IPV6", "IPV6_ONLY"]).optional(),
  createdAt: time,
});
export type Subnetwork = z.infer<typeof subnetworkSchema>;

const reservationSchema = z.object({
  id: z.string(),
  name: z.string(),
  zone: z.string(),
  machineType: z.string(),
  count: z.number(),
  accelerators: z.array(z.object({ type: z.string(), count: z.number() })),
  specificReservationRequired: z.boolean(),
  status: z.enum(["CREATING", "READY", "DELETING", "UPDATING"]),
  createdAt: time,
});
export type Reservation = z.infer<typeof reservationSchema>;

/** The request for which a `requestId` was used. */
const usedRequestSchema = z.object({
  fingerprint: z.string(),
  operation: z.string(),
});

/** Maximum number of machines of the type in the zone and market, over all projects. */
export const poolSchema = z.object({
  machineType: z.string(),
  zone: z.string(),
  /** Default: both. */
  market: z.enum(["on-demand", "spot"]).optional(),
  machines: z.number(),
});
export type Pool = z.infer<typeof poolSchema>;

export const QUOTA_METRICS = [
  "CPUS",
  "PREEMPTIBLE_CPUS",
  "INSTANCES",
  "DISKS_TOTAL_GB",
  "IN_USE_ADDRESSES",
] as const;
/** Maximum usage of the metric in the project's region. */
export const quotaSchema = z.object({
  project: z.string(),
  region: z.string(),
  metric: z.enum(QUOTA_METRICS),
  limit: z.number(),
});
export type Quota = z.infer<typeof quotaSchema>;
export type QuotaMetric = Quota["metric"];

/** A permission denied to a project's callers: on all resources, or on the one with this link. */
export const denialSchema = z.object({
  project: z.string(),
  permission: z.string(),
  resource: z.string().nullable(),
});
export type Denial = z.infer<typeof denialSchema>;

/** A zone in which the project may use nothing, as by a location policy. */
export const closedZoneSchema = z.object({ project: z.string(), zone: z.string() });
export type ClosedZone = z.infer<typeof closedZoneSchema>;

const CONSTRAINTS = [
  "compute.disableSerialPortAccess",
  "compute.requireOsLogin",
  "compute.trustedImageProjects",
  "compute.vmExternalIpAccess",
  "gcp.resourceLocations",
] as const;
/** An organization policy of a project: what it still allows (projects of images, instances, zones). */
export const policySchema = z.object({
  project: z.string(),
  constraint: z.enum(CONSTRAINTS),
  allowed: z.array(z.string()),
});
export type Policy = z.infer<typeof policySchema>;

/** A map, stored in a state file as its entries. */
function records<T>(schema: z.ZodType<T>) {
  return z.array(z.tuple([z.string(), schema])).transform((entries) => new Map(entries));
}

export const projectSchema = z.object({
  id: z.string(),
  createdAt: time,
  images: records(imageSchema),
  /** Keyed by zone and name, like disks: `us-central1-a/name`. */
  instances: records(instanceSchema),
  disks: records(diskSchema),
  networks: records(networkSchema),
  /** Keyed by region and name. */
  subnetworks: records(subnetworkSchema),
  /** Keyed by zone and name. State files of older versions have none. */
  reservations: records(reservationSchema).prefault([]),
  operations: records(operationSchema),
  requests: records(usedRequestSchema),
});
export type Project = z.infer<typeof projectSchema>;
