/**
 * The catalog's kinds, with camelCase fields. A field that was not set is absent. Defaults are applied when a plan is
 * resolved, so that the plan can record the source of every value.
 */

import type { ComputeEngineOptions } from "../plan/compute-engine.ts";
import type { ContainerHost, ContainerProcess, ContainerShape } from "../plan/container.ts";
import type { InstanceOptions } from "../plan/instance.ts";
import type { SecretValue } from "../secret-value.ts";
import type { Market } from "../plan/market.ts";

/** The names that records and output use. */
export const CATALOG_ARCHITECTURES = ["ARCHITECTURE_AMD64", "ARCHITECTURE_ARM64"] as const;
export type CatalogArchitecture = (typeof CATALOG_ARCHITECTURES)[number];

export type CatalogSubstrate = "AWS" | "GCP" | "DOCKER";

/** The recipe and inputs of a baked image. Only the bake write-back sets it. */
export interface Provenance {
  readonly recipeRef: string;
  /** SHA-256 of the bake's inputs, 64 hex digits. */
  readonly imageHash: string;
}

export interface AwsImage {
  /** Region -> AMI id. */
  readonly amiIds: Readonly<Record<string, string>>;
  readonly provenance?: Provenance;
}

export interface GceImage {
  /** `projects/<project>/global/images/<name>` or `…/images/family/<family>`. */
  readonly selfLink: string;
  readonly provenance?: Provenance;
}

export const PULL_CREDENTIALS = ["ECR", "GAR", "NONE"] as const;

export interface DockerImage {
  readonly imageRef: string;
  /** Name of a secret of the tenant. */
  readonly pullCredentialSecret?: string;
  /** A token of the process's own identity in the registry's cloud, or none at all, instead of a secret. */
  readonly pullCredential?: (typeof PULL_CREDENTIALS)[number];
  readonly provenance?: Provenance;
}

export interface Described {
  readonly name: string;
  readonly description?: string;
}

export interface ImageCommon extends Described {
  readonly architecture: CatalogArchitecture;
  readonly preinstalled?: string;
}

/** A pointer to a runnable artifact on exactly one substrate. */
export type ImageFields = ImageCommon &
  (
    | { readonly aws: AwsImage; readonly gce?: never; readonly docker?: never }
    | { readonly gce: GceImage; readonly aws?: never; readonly docker?: never }
    | { readonly docker: DockerImage; readonly aws?: never; readonly gce?: never }
  );

export const CONFLICT_RESOLUTIONS = ["MERGE", "REBASE", "NONE"] as const;

export interface WorkspaceRepository {
  /** https, without a trailing `.git`. */
  readonly cloneUrl: string;
  readonly baseBranch?: string;
  /** Default MERGE. */
  readonly conflictResolution?: (typeof CONFLICT_RESOLUTIONS)[number];
  /** Whether a VM clones it at its first boot. Default false. */
  readonly clone?: boolean;
}

/** One secret as an environment variable (`env`) or as a file (`path`). */
export interface WorkspaceSecretMount {
  readonly secret: string;
  readonly env?: string;
  /** Absolute. */
  readonly path?: string;
  /** The file's mode as four octal digits; default `0400`. */
  readonly mode?: string;
}

export interface WorkspacePortField {
  readonly port: number;
  readonly name?: string;
}

export const BOOT_DOCUMENTS = ["cloud-init", "none"] as const;

/** The resource that callers spawn. */
export interface WorkspaceFields extends Described, ContainerProcess {
  readonly imageRef: string;
  readonly placement: string;
  readonly environmentRef?: string;
  readonly repos?: readonly WorkspaceRepository[];
  /** Default 0. */
  readonly minIdle?: number;
  readonly secretRefs?: readonly string[];
  readonly runtimeSecretMounts?: readonly WorkspaceSecretMount[];
  readonly ports?: readonly WorkspacePortField[];
  readonly userData?: string;
  /** Default `cloud-init`. */
  readonly bootDocument?: (typeof BOOT_DOCUMENTS)[number];
}

export interface AwsPlacement extends InstanceOptions {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
  readonly vpcId?: string;
  /** One for each availability zone, in the order in which they are tried. */
  readonly subnetIds: readonly string[];
  readonly securityGroupId?: string;
  readonly instanceProfileArn?: string;
  readonly roleArn?: string;
  readonly readonlyRoleArn?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Default false. */
  readonly assignPublicIp?: boolean;
  /** Whether volumes that the image keeps stay after the machine's termination. Default false. */
  readonly keepVolumes?: boolean;
  /** Default ON_DEMAND. */
  readonly market?: Market;
}

export interface GcpPlacement extends ComputeEngineOptions {
  readonly project: string;
  /** All in one region, in the order in which they are tried. */
  readonly zones: readonly string[];
  /** A name or a partial self-link. Required without `networkInterfaces`. */
  readonly subnet?: string;
  readonly networkProject?: string;
  /** Default false. */
  readonly assignPublicIp?: boolean;
  readonly wifProviderResourceName?: string;
  readonly wifServiceAccount?: string;
  readonly wifReadonlyServiceAccount?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface DockerPlacement extends ContainerHost {
  /** `unix://`, `tcp://` or `ssh://`; default: the Docker environment and current context. */
  readonly host?: string;
  readonly network?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Platforms that the engine can run in addition to its own, such as `linux/arm64`. */
  readonly platforms?: readonly string[];
  /** Default 127.0.0.1. */
  readonly publishAddress?: string;
}

/** Where machines run: an account and region, a project and zones, or an engine. */
export type PlacementFields = Described & { readonly serviceAccount?: string } & (
    | { readonly substrate: "AWS"; readonly target: { readonly aws: AwsPlacement } }
    | { readonly substrate: "GCP"; readonly target: { readonly gcp: GcpPlacement } }
    | { readonly substrate: "DOCKER"; readonly target: { readonly docker: DockerPlacement } }
  );

/** A machine shape and its disk. */
export const CANDIDATE_ORDERS = ["TYPE_FIRST", "PLACE_FIRST"] as const;

export interface EnvironmentFields extends Described {
  readonly substrate: CatalogSubstrate;
  readonly machineTypeRef: string;
  readonly diskTypeRef?: string;
  /** GiB; 0, the default, is the image's own size. */
  readonly diskSizeGb?: number;
  /**
   * Whether the root disk stays after the machine's termination. Default on EC2: only if the image keeps it and the
   * placement has `keepVolumes`; on Compute Engine: false.
   */
  readonly keepDiskOnTermination?: boolean;
  /** Further disks, empty at first. Only on AWS and GCP. */
  readonly dataDisks?: readonly EnvironmentDataDisk[];
  /**
   * How the candidates of a machine-type with several types are ordered: the first type in every place and then the
   * second (`TYPE_FIRST`, the default), or every type in the first place and then in the second (`PLACE_FIRST`).
   */
  readonly candidateOrder?: (typeof CANDIDATE_ORDERS)[number];
  /** Options of containers; only on DOCKER. */
  readonly docker?: ContainerShape;
}

/** A disk in addition to the root disk. */
export interface EnvironmentDataDisk {
  /** Unique in the environment. On Compute Engine the machine finds the disk as `/dev/disk/by-id/google-NAME`. */
  readonly name: string;
  /** Default: gp3 on EC2; on Compute Engine the type of a boot disk without one. */
  readonly diskTypeRef?: string;
  /** GiB. */
  readonly sizeGb: number;
  /** Whether it stays after the machine's termination. Default false. */
  readonly keepOnTermination?: boolean;
}

/** One type, or up to 20 in order of preference: later ones are used where earlier ones cannot be launched. */
export type AwsMachineType =
  | { readonly instanceType: string; readonly instanceTypes?: never }
  | { readonly instanceTypes: readonly string[]; readonly instanceType?: never };

/** GPUs that Compute Engine attaches to a machine of a type without its own, such as `n1-standard-4`. */
export interface GceAccelerator {
  /** The name of the zone's accelerator type, such as `nvidia-tesla-t4`. */
  readonly type: string;
  readonly count: number;
}

/** As {@link AwsMachineType}. */
export type GceMachineType = (
  | { readonly machineType: string; readonly machineTypes?: never }
  | { readonly machineTypes: readonly string[]; readonly machineType?: never }
) & { readonly accelerators?: readonly GceAccelerator[] };

export type MachineTypeSpec =
  | { readonly aws: AwsMachineType }
  | { readonly gce: GceMachineType }
  | { readonly docker: { readonly cpus?: number; readonly memoryGb?: number } };

export interface MachineTypeFields extends Described {
  readonly vcpus: number;
  /** GiB. */
  readonly memoryGb: number;
  readonly architecture: CatalogArchitecture;
  /** Default false. */
  readonly hasGpu?: boolean;
  readonly spec: MachineTypeSpec;
}

/** An EBS volume. What is absent is EC2's default, or the image's own value. */
export interface AwsDiskType {
  readonly volumeType: string;
  /** I/O operations per second. */
  readonly iops?: number;
  /** MiB per second. */
  readonly throughput?: number;
  /** With the account's default key for EBS if no key is named. */
  readonly encrypted?: true;
  /** Key id, key ARN, alias or alias ARN. Implies `encrypted`. */
  readonly kmsKeyId?: string;
}

/** A Persistent Disk or a Hyperdisk. What is absent is Compute Engine's default. */
export interface GceDiskType {
  readonly diskType: string;
  /** I/O operations per second. */
  readonly iops?: number;
  /** MiB per second. */
  readonly throughput?: number;
  /** `projects/P/locations/L/keyRings/R/cryptoKeys/K`. Default: a key of Google's own. */
  readonly kmsKey?: string;
}

export type DiskTypeSpec = { readonly aws: AwsDiskType } | { readonly gce: GceDiskType };

export interface DiskTypeFields extends Described {
  readonly spec: DiskTypeSpec;
}

/** The readable part of a secret. Its value is never part of a record: see `secrets/sealed-store.ts`. */
export type SecretFields = Described;

export interface CatalogKinds {
  readonly image: ImageFields;
  readonly workspace: WorkspaceFields;
  readonly placement: PlacementFields;
  readonly environment: EnvironmentFields;
  readonly "machine-type": MachineTypeFields;
  readonly "disk-type": DiskTypeFields;
  readonly secret: SecretFields;
}

/** An image that a program writes: only the bake write-back sets `provenance`. */
export type ImageBody = ImageFields & {
  readonly aws?: { readonly provenance?: never };
  readonly gce?: { readonly provenance?: never };
  readonly docker?: { readonly provenance?: never };
};

/** A secret with its value, which no record contains. */
export interface SecretBody extends SecretFields {
  readonly plaintextValue: string | SecretValue;
}

/** The record that a program writes, by kind. */
export interface CatalogBodies extends Omit<CatalogKinds, "image" | "secret"> {
  readonly image: ImageBody;
  readonly secret: SecretBody;
}

export const CATALOG_KINDS = [
  "image",
  "workspace",
  "placement",
  "environment",
  "machine-type",
  "disk-type",
  "secret",
] as const;
export type CatalogKind = keyof CatalogKinds;

/** The generation of a record, its author and its times. */
export interface RecordMetadata {
  /** Starts at 1 and increases with every write and every deletion. */
  readonly generation: number;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
}

export type CatalogRecord<K extends CatalogKind> = CatalogKinds[K] & RecordMetadata;

/** One generation of a record. */
export interface HistoryEntry<K extends CatalogKind> {
  readonly generation: number;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly deleted: boolean;
  /** The record's fields at this generation; null for a deletion. */
  readonly record: CatalogKinds[K] | null;
}

export function isCatalogKind(value: string): value is CatalogKind {
  return CATALOG_KINDS.some((kind) => kind === value);
}

/** The architecture by the name that plans and platforms use. */
export function architectureOf(record: {
  readonly architecture: CatalogArchitecture;
}): "amd64" | "arm64" {
  return record.architecture === "ARCHITECTURE_AMD64" ? "amd64" : "arm64";
}

/** The substrate of an image. */
export function imageSubstrate(image: ImageFields): CatalogSubstrate {
  if (image.aws !== undefined) return "AWS";
  return image.gce !== undefined ? "GCP" : "DOCKER";
}

/** The substrate of a machine type. */
export function machineTypeSubstrate(machineType: MachineTypeFields): CatalogSubstrate {
  if ("aws" in machineType.spec) return "AWS";
  return "gce" in machineType.spec ? "GCP" : "DOCKER";
}

/** The substrate of a disk type. */
export function diskTypeSubstrate(diskType: DiskTypeFields): CatalogSubstrate {
  return "aws" in diskType.spec ? "AWS" : "GCP";
}
