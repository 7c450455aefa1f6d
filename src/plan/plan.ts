import { canonicalDigest } from "../json/canonical-json.ts";
import type { Check, JsonObject } from "../errors.ts";
import { toSnakeCase } from "../json/field-case.ts";
import type { ComputeEngineOptions } from "./compute-engine.ts";
import type { DataDisk, DiskOptions } from "./disk.ts";
import type { ContainerHost, ContainerProcess, ContainerShape } from "./container.ts";
import type { InstanceOptions } from "./instance.ts";
import type { Market } from "./market.ts";

export type { Check, CheckOutcome } from "../errors.ts";

export const ARCHITECTURES = ["amd64", "arm64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export const SUBSTRATES = ["AWS", "GCP", "DOCKER"] as const;
export type Substrate = (typeof SUBSTRATES)[number];

/** The one concrete artifact to which an image resolved. */
export interface Artifact {
  /** AMI id; partial self-link of a concrete GCE image; `repository@sha256:…` of one platform's manifest. */
  readonly id: string;
  /** The reference in the image record. */
  readonly requested: string;
  /** False if no provider was asked: such a plan cannot be spawned. */
  readonly pinned: boolean;
  /** GCE: the image's numeric id, which a re-created image of the same name does not share. */
  readonly numericId?: string;
  /** OCI: digest of the index that the reference named; null if it named a manifest. */
  readonly indexDigest?: string | null;
  /** OCI: digest of the configuration document. */
  readonly imageId?: string;
  /** OCI: ChainID of the top layer. */
  readonly chainId?: string | null;
  /** OCI: `os/architecture[/variant]`; absent if the image's configuration omits it. */
  readonly platform?: string;
  /** RFC 3339, as reported by the provider. */
  readonly createdAt?: string | null;
}

/** A place to launch in, with its market and machine type if the plan has several; or one that was rejected. */
export interface Candidate {
  /** The zone on EC2 and GCE, the engine's host on Docker. */
  readonly place: string;
  readonly subnet?: string;
  /** The purchase option there; absent if the placement has no choice of markets. */
  readonly market?: "on-demand" | "spot";
  /** The machine type there, if the plan's candidates have different ones. */
  readonly machineType?: string;
  readonly verdict: "eligible" | "rejected";
  /** Why it was rejected; null for an eligible one. */
  readonly reason: string | null;
}

/** A reference that may resolve to something else tomorrow, with its value at the time of reading. */
export interface FloatingRead {
  readonly reference: string;
  readonly value: string;
  readonly readAt: string;
}

/** A record that the plan was resolved from. The plan is stale once one of them has changed. */
export interface PlanRecord {
  readonly kind: string;
  readonly name: string;
  readonly generation: number;
}

export interface AwsTarget extends InstanceOptions {
  readonly substrate: "AWS";
  readonly accountId: string;
  readonly region: string;
  readonly vpcId: string | null;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string | null;
  readonly instanceProfileArn: string | null;
  readonly roleArn: string | null;
  readonly readonlyRoleArn: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly assignPublicIp: boolean;
  /** Whether volumes that the image keeps stay after the machine's termination. Absent: they end with the machine. */
  readonly keepVolumes?: boolean;
  readonly market: Market;
}

export interface GcpTarget extends ComputeEngineOptions {
  readonly substrate: "GCP";
  readonly project: string;
  readonly zones: readonly string[];
  readonly subnet: string;
  readonly networkProject: string | null;
  readonly assignPublicIp: boolean;
  readonly serviceAccount: string | null;
  readonly wifProviderResourceName: string | null;
  readonly wifServiceAccount: string | null;
  readonly wifReadonlyServiceAccount: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface DockerTarget extends ContainerHost {
  readonly substrate: "DOCKER";
  /** `unix://`, `tcp://` or `ssh://` address; null means the Docker environment and current context. */
  readonly host: string | null;
  readonly network: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Platforms that the engine can run in addition to its own, such as `linux/arm64`. */
  readonly platforms: readonly string[];
  readonly publishAddress: string;
}

/** Where to launch: the placement's target at the time of the resolution. */
export type PlacementTarget = AwsTarget | GcpTarget | DockerTarget;

/** GPUs of one kind that are attached to a machine. */
export interface Accelerator {
  /** The provider's name, such as `nvidia-tesla-t4`. */
  readonly type: string;
  readonly count: number;
}

export interface MachineShape {
  /** Name of the machine-type record, or null for the substrate's default. */
  readonly record: string | null;
  readonly vcpus: number | null;
  /** GiB. */
  readonly memoryGb: number | null;
  /** GiB; 0 is the image's own size. */
  readonly diskSizeGb: number;
  /** The provider's name of the volume type; null for the substrate's default. */
  readonly diskType: string | null;
  /** How the root disk performs and is encrypted, by the disk-type record; absent if it does not say. */
  readonly disk?: DiskOptions;
  /** Whether the root disk stays after the machine's termination; absent if the environment does not say. */
  readonly keepDisk?: boolean;
  /** Further disks; absent if there are none. */
  readonly dataDisks?: readonly DataDisk[];
  /** GPUs that Compute Engine attaches to the machine; absent if there are none. */
  readonly accelerators?: readonly Accelerator[];
  /** Docker: options about the container's shape and confinement. Absent: the engine's defaults. */
  readonly container?: ContainerShape;
}

/** GPUs of one kind, as the provider describes them. */
export interface Gpu {
  /** `NVIDIA T4` on EC2, `nvidia-l4` on Compute Engine. */
  readonly name: string;
  readonly count: number;
  /** GiB of one GPU; null if the provider does not report it. */
  readonly memoryGb: number | null;
}

/** A machine type as the provider describes it. */
export interface MachineTypeFacts {
  readonly name: string;
  readonly vcpus: number | null;
  /** GiB. */
  readonly memoryGb: number | null;
  /** Those that come with the type and those that the machine-type record adds. */
  readonly gpus: readonly Gpu[];
}

export interface RepositoryCheckout {
  readonly cloneUrl: string;
  readonly baseBranch: string | null;
  readonly conflictResolution: "MERGE" | "REBASE" | "NONE";
  /** Where the machine clones it; absent if it does not. */
  readonly clonePath?: string;
}

export interface WorkspacePort {
  readonly port: number;
  readonly name: string | null;
}

export interface SecretMount {
  readonly secret: string;
  /** Environment variable; null for a file. */
  readonly env: string | null;
  /** Absolute path in the machine; null for a variable. */
  readonly path: string | null;
  /** Octal file mode, such as `0400`; null for a variable. */
  readonly mode: string | null;
}

/** Requests of the workspace for the running machine. */
export interface GuestRequest extends ContainerProcess {
  readonly repos: readonly RepositoryCheckout[];
  readonly ports: readonly WorkspacePort[];
  readonly secretRefs: readonly string[];
  readonly runtimeSecretMounts: readonly SecretMount[];
  readonly userData: string | null;
  readonly bootDocument: "cloud-init" | "none";
}

/** The source of the credential for the artifact's registry. The credential itself is never in a plan. */
export type CredentialSource =
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "docker-configuration" }
  /** A token that the process's own identity in the cloud is granted. */
  | { readonly kind: "cloud-identity"; readonly service: "ECR" | "GAR" }
  | { readonly kind: "anonymous" };

/** The result of a resolution: every field fixed, each with its source. Frozen and JSON-safe. */
export interface LaunchPlan {
  readonly planId: string;
  readonly workspace: string;
  readonly tenant: string;
  readonly substrate: Substrate;
  readonly architecture: Architecture;
  readonly artifact: Artifact;
  /** The provider's machine type, the first of several; `unlimited` for a container without an environment. */
  readonly machineType: string;
  /** The plan's machine types in order of preference. Absent if no provider was asked. */
  readonly machineTypes?: readonly MachineTypeFacts[];
  readonly shape: MachineShape;
  readonly target: PlacementTarget;
  readonly candidates: readonly Candidate[];
  readonly credential: CredentialSource | null;
  readonly guest: GuestRequest;
  /** Settings for this substrate in addition to the neutral fields: on Docker the merged container configuration. */
  readonly settings: JsonObject;
  readonly checks: readonly Check[];
  /** The source of each value, by JSON pointer into the plan. */
  readonly sources: Readonly<Record<string, string>>;
  readonly records: readonly PlanRecord[];
  readonly floatingReads: readonly FloatingRead[];
}

/** A plan before its checks: the input of a preflight. */
export type PlanDraft = Omit<LaunchPlan, "planId" | "checks" | "settings">;

/**
 * The plan's identity: SHA-256 of its canonical JSON (RFC 8785) in snake_case, without `plan_id` and
 * `floating_reads[].read_at`, so that two resolutions with the same result have the same id.
 */
export function planId(plan: Omit<LaunchPlan, "planId"> & { readonly planId?: string }): string {
  const { planId: _previous, floatingReads, ...rest } = plan;
  return canonicalDigest(
    toSnakeCase({
      ...rest,
      floatingReads: floatingReads.map(({ reference, value }) => ({ reference, value })),
    }),
  );
}

/** Adds the plan's id and freezes it deeply. */
export function freezePlan(plan: Omit<LaunchPlan, "planId">): LaunchPlan {
  return deepFreeze({ planId: planId(plan), ...plan });
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) deepFreeze(field);
  return Object.freeze(value);
}
