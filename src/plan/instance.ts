/**
 * The options of an EC2 instance, by the names of `RunInstances`, in the record's and the plan's form. An absent option
 * is EC2's default.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
export interface InstanceOptions {
  /** In place of a single group. */
  readonly securityGroupIds?: readonly string[];
  readonly metadataOptions?: MetadataOptions;
  /** Name of a key pair of the region. cloud-init gives its public key to the image's default user. */
  readonly keyName?: string;
  /** How many IPv6 addresses the machine gets. 0: none, although its subnet assigns one. */
  readonly ipv6AddressCount?: number;
  readonly tenancy?: (typeof TENANCIES)[number];
  /** The Dedicated Host of a machine with tenancy `host`. Absent: one with auto-placement. */
  readonly hostId?: string;
  /** The most that an hour on the spot market may cost, in US dollars, as a decimal number. */
  readonly maxPrice?: string;
  readonly maintenance?: MaintenanceOptions;
  readonly confidential?: ConfidentialOptions;
  readonly capacityReservation?: CapacityReservationOptions;
  readonly launchTemplate?: LaunchTemplateOptions;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html */
export interface MetadataOptions {
  /** How many hops the reply with a session token travels: 1 to 64. A container on a bridge needs 2. */
  readonly httpPutResponseHopLimit?: number;
  /** Whether the instance metadata shows the instance's tags. Default of Slipway: enabled. */
  readonly instanceMetadataTags?: (typeof METADATA_TAGS)[number];
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMaintenanceOptionsRequest.html */
export interface MaintenanceOptions {
  /** Whether EC2 moves the machine to other hardware when its own fails. `default`: if the machine type supports it. */
  readonly autoRecovery?: (typeof AUTO_RECOVERIES)[number];
}

export const AUTO_RECOVERIES = ["default", "disabled"] as const;

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CpuOptionsRequest.html */
export interface ConfidentialOptions {
  /** Encrypts the machine's memory against the host, and attests it, with AMD SEV-SNP. */
  readonly amdSevSnp: true;
}

export const TENANCIES = ["default", "dedicated", "host"] as const;
/**
 * Exactly one of the members. It concerns on-demand machines only.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationSpecification.html
 */
export interface CapacityReservationOptions {
  readonly preference?: (typeof RESERVATION_PREFERENCES)[number];
  /** Id of a reservation, which all machines use. */
  readonly id?: string;
  /** ARN of a resource group of reservations, of which the machines use one. */
  readonly resourceGroupArn?: string;
}

/** The base of the options that the placement leaves out: a template by either its id or its name. */
export interface LaunchTemplateOptions {
  readonly id?: string;
  readonly name?: string;
  /** A number, `$Latest` or `$Default`, which is the default. */
  readonly version?: string;
}

export const RESERVATION_PREFERENCES = ["open", "none", "capacity-reservations-only"] as const;

export const METADATA_TAGS = ["enabled", "disabled"] as const;

/** The names of the options. Each one that is set has a source of its own in the plan. */
export const INSTANCE_OPTIONS = [
  "securityGroupIds",
  "metadataOptions",
  "keyName",
  "ipv6AddressCount",
  "tenancy",
  "hostId",
  "maxPrice",
  "maintenance",
  "confidential",
  "capacityReservation",
  "launchTemplate",
] as const satisfies readonly (keyof InstanceOptions)[];

/**
 * Whether a key can be read in the instance metadata, where it is part of a path. It may have letters, digits and
 * `- + = . , _ : @`, but no spaces or `/`, and may not be `.`, `..` or `_index`.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
 */
export function isMetadataTagKey(key: string): boolean {
  return /^[-0-9a-zA-Z_+=,.@:]+$/.test(key) && ![".", "..", "_index"].includes(key);
}

export function hasTagsInMetadata({
  metadataOptions,
}: Pick<InstanceOptions, "metadataOptions">): boolean {
  return metadataOptions?.instanceMetadataTags !== "disabled";
}
