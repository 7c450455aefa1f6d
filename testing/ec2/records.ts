import { z } from "zod";

/**
 * The fake's records as plain JSON; a state file is parsed with the same schemas. Times are milliseconds since 1970;
 * `account` is the owner of a record.
 */
const time = z.number();
const tags = z.array(z.object({ key: z.string(), value: z.string() }));

export const ARCHITECTURES = ["i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"] as const;
export const INSTANCE_STATES = [
  "pending",
  "running",
  "shutting-down",
  "terminated",
  "stopping",
  "stopped",
] as const;
export const IMAGE_STATES = [
  "pending",
  "available",
  "invalid",
  "deregistered",
  "transient",
  "failed",
  "error",
  "disabled",
] as const;

const reason = z.object({ code: z.string(), message: z.string() });

export const instanceSchema = z.object({
  id: z.string(),
  account: z.string(),
  reservationId: z.string(),
  launchIndex: z.number(),
  imageId: z.string(),
  instanceType: z.string(),
  architecture: z.enum(ARCHITECTURES),
  zone: z.string(),
  subnetId: z.string(),
  vpcId: z.string(),
  securityGroupIds: z.array(z.string()),
  /** Null in an IPv6-only subnet. */
  privateIp: z.string().nullable(),
  ipv6: z.string().nullable().default(null),
  publicIp: z.string().nullable(),
  keyName: z.string().nullable(),
  profile: z.string().nullable(),
  /** Base64, as sent. */
  userData: z.string().nullable(),
  clientToken: z.string().nullable(),
  market: z.enum(["on-demand", "spot"]),
  spotRequestId: z.string().nullable(),
  /** Of the spot request, in dollars an hour; null for the on-demand price. */
  maxPrice: z.string().nullable().default(null),
  metadataOptions: z.object({
    httpTokens: z.enum(["optional", "required"]),
    httpEndpoint: z.enum(["enabled", "disabled"]),
    hopLimit: z.number(),
    instanceTags: z.enum(["enabled", "disabled"]),
    httpProtocolIpv6: z.enum(["enabled", "disabled"]),
  }),
  monitoring: z.boolean(),
  ebsOptimized: z.boolean(),
  hibernation: z.boolean(),
  terminationProtection: z.boolean(),
  shutdownBehavior: z.enum(["stop", "terminate"]),
  capacityReservation: z
    .object({
      preference: z.enum(["open", "none", "capacity-reservations-only"]).nullable(),
      id: z.string().nullable(),
      groupArn: z.string().nullable(),
    })
    .default({ preference: "open", id: null, groupArn: null }),
  /** The reservation that the machine uses. */
  capacityReservationId: z.string().nullable().default(null),
  amdSevSnp: z.enum(["enabled", "disabled"]).default("disabled"),
  autoRecovery: z.enum(["default", "disabled"]).default("default"),
  tenancy: z.string(),
  /** The Dedicated Host of a machine with tenancy `host`. */
  hostId: z.string().nullable().default(null),
  rootDeviceName: z.string(),
  bootMode: z.string().nullable(),
  tags,
  launchTime: time,
  /** Each state with its begin time. Times may lie in the future: the current state follows from the clock. */
  history: z.array(z.object({ at: time, state: z.enum(INSTANCE_STATES) })),
  stateReason: reason.nullable(),
  /** Console output set by a test. */
  console: z.string().nullable(),
});
export type Instance = z.infer<typeof instanceSchema>;
export type InstanceState = (typeof INSTANCE_STATES)[number];

export const volumeSchema = z.object({
  id: z.string(),
  account: z.string(),
  zone: z.string(),
  sizeGib: z.number(),
  type: z.string(),
  iops: z.number().nullable(),
  throughput: z.number().nullable(),
  snapshotId: z.string().nullable(),
  encrypted: z.boolean(),
  /** ARN; null if not encrypted. */
  kmsKeyId: z.string().nullable().default(null),
  createdAt: time,
  instanceId: z.string(),
  device: z.string(),
  deleteOnTermination: z.boolean(),
  tags,
});
export type Volume = z.infer<typeof volumeSchema>;

export const networkInterfaceSchema = z.object({
  id: z.string(),
  account: z.string(),
  zone: z.string(),
  subnetId: z.string(),
  vpcId: z.string(),
  privateIp: z.string().nullable(),
  ipv6: z.string().nullable().default(null),
  /** Its IPv6 addresses after the first. */
  furtherIpv6: z.array(z.string()).default([]),
  publicIp: z.string().nullable(),
  macAddress: z.string(),
  description: z.string(),
  securityGroupIds: z.array(z.string()),
  instanceId: z.string(),
  attachmentId: z.string(),
  attachedAt: time,
  deviceIndex: z.number(),
  deleteOnTermination: z.boolean(),
  tags,
});
export type NetworkInterface = z.infer<typeof networkInterfaceSchema>;

export const imageSchema = z.object({
  id: z.string(),
  account: z.string(),
  ownerAlias: z.string().nullable(),
  isPublic: z.boolean(),
  /** Accounts that may launch it besides its owner. */
  sharedWith: z.array(z.string()),
  name: z.string(),
  description: z.string().nullable(),
  architecture: z.enum(ARCHITECTURES),
  /** As `Instance.history`: a pending image becomes available by itself. */
  history: z.array(z.object({ at: time, state: z.enum(IMAGE_STATES) })),
  stateReason: reason.nullable(),
  rootDeviceName: z.string(),
  rootDeviceType: z.enum(["ebs", "instance-store"]).default("ebs"),
  /** Snapshots by device, in the order of the mapping. */
  devices: z.array(
    z.object({
      device: z.string(),
      snapshotId: z.string().nullable(),
      sizeGib: z.number(),
      type: z.string(),
      iops: z.number().nullable().default(null),
      throughput: z.number().nullable().default(null),
      deleteOnTermination: z.boolean(),
      encrypted: z.boolean(),
    }),
  ),
  /** Instance store volumes by device, such as `ephemeral0`. */
  virtualDevices: z.array(z.object({ device: z.string(), name: z.string() })).default([]),
  virtualizationType: z.enum(["hvm", "paravirtual"]),
  bootMode: z.enum(["legacy-bios", "uefi", "uefi-preferred"]).nullable(),
  tpmSupport: z.enum(["v2.0"]).nullable().default(null),
  productCodes: z.array(z.string()).default([]),
  /** False for an image that the account's Allowed AMIs criteria exclude, while they are only audited. */
  isAllowed: z.boolean().nullable().default(null),
  enaSupport: z.boolean(),
  imdsSupport: z.string().nullable(),
  createdAt: time,
  deprecatedAt: time.nullable(),
  sourceInstanceId: z.string().nullable(),
  tags,
});
export type Image = z.infer<typeof imageSchema>;
export type ImageState = (typeof IMAGE_STATES)[number];
export type Architecture = (typeof ARCHITECTURES)[number];

export const vpcSchema = z.object({
  id: z.string(),
  account: z.string(),
  cidr: z.string(),
  instanceTenancy: z.enum(["default", "dedicated"]).default("default"),
  isDefault: z.boolean(),
  tags,
});
export type Vpc = z.infer<typeof vpcSchema>;

export const subnetSchema = z.object({
  id: z.string(),
  account: z.string(),
  vpcId: z.string(),
  zone: z.string(),
  /** Null for an IPv6-only subnet. */
  cidr: z.string().nullable(),
  /** A /64 block, such as `2001:db8:0:1::/64`. */
  ipv6Cidr: z.string().nullable().default(null),
  /** Whether EC2 assigns an IPv6 address to a new interface that requests none. */
  assignIpv6: z.boolean().default(false),
  /** Other accounts that may launch into it (AWS Resource Access Manager). */
  sharedWith: z.array(z.string()).default([]),
  outpostArn: z.string().nullable().default(null),
  isDefault: z.boolean(),
  mapPublicIp: z.boolean(),
  tags,
});
export type Subnet = z.infer<typeof subnetSchema>;

export const securityGroupSchema = z.object({
  id: z.string(),
  account: z.string(),
  vpcId: z.string(),
  name: z.string(),
  description: z.string(),
  tags,
});
export type SecurityGroup = z.infer<typeof securityGroupSchema>;

/** A Dedicated Host for one machine type. */
export const hostSchema = z.object({
  id: z.string(),
  account: z.string(),
  zone: z.string(),
  instanceType: z.string(),
  /** How many machines fit. */
  machines: z.number(),
  /** Whether it takes machines that name no host. */
  autoPlacement: z.boolean(),
});
export type Host = z.infer<typeof hostSchema>;

export const keyPairSchema = z.object({
  id: z.string(),
  account: z.string(),
  name: z.string(),
  type: z.enum(["rsa", "ed25519"]),
  fingerprint: z.string(),
  createdAt: time,
  tags,
});
export type KeyPair = z.infer<typeof keyPairSchema>;

/** The instances that a `ClientToken` has launched. If the request named a zone or a subnet, the zone is the token's scope. */
export const launchTokenSchema = z.object({
  account: z.string(),
  token: z.string(),
  zone: z.string().nullable(),
  fingerprint: z.string(),
  instanceIds: z.array(z.string()),
  spentAt: time,
});
export type LaunchToken = z.infer<typeof launchTokenSchema>;

/** Maximum number of machines of the type in the zone. */
export const poolSchema = z.object({
  instanceType: z.string(),
  zone: z.string(),
  market: z.enum(["on-demand", "spot"]),
  machines: z.number(),
});
export type Pool = z.infer<typeof poolSchema>;
export type Market = Pool["market"];

/** Maximum number of running vCPUs of the family group in the account. */
export const quotaSchema = z.object({
  account: z.string(),
  group: z.string(),
  market: z.enum(["on-demand", "spot"]),
  vcpus: z.number(),
});
export type Quota = z.infer<typeof quotaSchema>;

/** Machines that are reserved for a type in a zone. */
export const capacityReservationSchema = z.object({
  id: z.string(),
  account: z.string(),
  instanceType: z.string(),
  zone: z.string(),
  machines: z.number(),
  state: z.enum(["active", "expired", "cancelled", "pending", "failed"]),
  matchCriteria: z.enum(["open", "targeted"]),
  /** The resource groups that it is in. */
  groupArns: z.array(z.string()),
  createdAt: time,
});
export type CapacityReservation = z.infer<typeof capacityReservationSchema>;

/** A launch template with its versions, whose data is in the form of EC2's reply. */
export const launchTemplateSchema = z.object({
  id: z.string(),
  account: z.string(),
  name: z.string(),
  createdAt: time,
  defaultVersion: z.number(),
  versions: z.array(z.object({ number: z.number(), data: z.record(z.string(), z.json()) })),
});
export type LaunchTemplate = z.infer<typeof launchTemplateSchema>;

/** The price of a type on the spot market of a zone, and on demand, in dollars an hour. */
export const spotPriceSchema = z.object({
  instanceType: z.string(),
  zone: z.string(),
  price: z.number(),
  onDemandPrice: z.number(),
});
export type SpotPrice = z.infer<typeof spotPriceSchema>;

/** An account that differs from others: no spot role, accepted terms, profiles that EC2 learns about later. */
export const accountSchema = z.object({
  account: z.string(),
  hasSpotRole: z.boolean(),
  /** Product codes. */
  subscriptions: z.array(z.string()),
  profiles: z.array(z.object({ profile: z.string(), knownAt: time, roleAt: time })),
  /** KMS keys, as requests name them, that no volume can be created with. Every other key is there and may be used. */
  unusableKeys: z
    .array(z.object({ key: z.string(), why: z.enum(["disabled", "denied"]) }))
    .default([]),
  /** Maximum GiB of the account's volumes in a region; null: no limit. */
  volumeGib: z.number().nullable().default(null),
});
export type Account = z.infer<typeof accountSchema>;

/** The zones of a type that is not offered everywhere. */
export const offeringSchema = z.object({ instanceType: z.string(), zones: z.array(z.string()) });

/** Temporary credentials issued by AssumeRole. */
export const sessionSchema = z.object({
  accessKeyId: z.string(),
  sessionToken: z.string(),
  account: z.string(),
  roleName: z.string(),
  sessionName: z.string(),
  expiresAt: time,
});
export type Session = z.infer<typeof sessionSchema>;

/** An action that an account may not call, such as `ec2:RunInstances` or `iam:PassRole`. */
export const denialSchema = z.object({ account: z.string(), action: z.string() });
export type Denial = z.infer<typeof denialSchema>;

export type Tags = z.infer<typeof tags>;
