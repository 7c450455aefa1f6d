import type { Market } from "./market.ts";

/** The ends of a spot machine that Compute Engine reclaims. */
export const TERMINATION_ACTIONS = ["STOP", "DELETE"] as const;

export const HOST_MAINTENANCE = ["MIGRATE", "TERMINATE"] as const;

/** Technologies that encrypt a machine's memory. */
export const CONFIDENTIAL_TYPES = ["SEV", "SEV_SNP", "TDX"] as const;
export type ConfidentialType = (typeof CONFIDENTIAL_TYPES)[number];

/**
 * The options of a Compute Engine machine, by the names of the API, in the record's and the plan's form. An absent option
 * is Compute Engine's default. https://cloud.google.com/compute/docs/reference/rest/v1/instances/insert
 */
export interface ComputeEngineOptions {
  /** Default `ON_DEMAND`. */
  readonly market?: Market;
  /** Of spot machines; default `STOP`. */
  readonly terminationAction?: (typeof TERMINATION_ACTIONS)[number];
  /** Of machines on demand; default `MIGRATE` if the machine type can migrate. */
  readonly onHostMaintenance?: (typeof HOST_MAINTENANCE)[number];
  /** Of machines on demand, after maintenance or a failure of their host; default true. */
  readonly automaticRestart?: boolean;
  readonly shielded?: ShieldedOptions;
  readonly confidential?: { readonly type: ConfidentialType };
  /** Firewall rules and routes name them. */
  readonly networkTags?: readonly string[];
  /**
   * Of machines on demand: `none`, `any` (the default), a reservation's name or `projects/P/reservations/N`. It is in the
   * machine's zone.
   */
  readonly reservation?: string;
  /** Of the service account; default `cloud-platform`. A record has addresses and aliases, a plan has addresses. */
  readonly serviceAccountScopes?: readonly string[];
  /** In addition to what Slipway sets. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * In place of `subnet`, `networkProject` and `assignPublicIp`, which have the values of the first interface in a plan.
   */
  readonly networkInterfaces?: readonly NetworkInterface[];
}

export const NIC_TYPES = ["GVNIC", "VIRTIO_NET", "IDPF"] as const;

export const STACK_TYPES = ["IPV4_ONLY", "IPV4_IPV6"] as const;

export interface NetworkInterface {
  /** A name or a partial self-link. */
  readonly subnet: string;
  readonly networkProject?: string;
  /** An external IPv4 address; default false. */
  readonly assignPublicIp?: boolean;
  readonly nicType?: (typeof NIC_TYPES)[number];
  /** Default `IPV4_ONLY`. */
  readonly stackType?: (typeof STACK_TYPES)[number];
}

/** A plan has all of them. */
export interface ShieldedOptions {
  /** Default false. */
  readonly secureBoot?: boolean;
  /** Default true. */
  readonly vtpm?: boolean;
  /** Default true. It compares measurements of the vTPM. */
  readonly integrityMonitoring?: boolean;
}

/** The names of the options. Each one that is set has a source of its own in the plan. */
export const COMPUTE_ENGINE_OPTIONS = [
  "market",
  "terminationAction",
  "onHostMaintenance",
  "automaticRestart",
  "shielded",
  "confidential",
  "networkTags",
  "reservation",
  "serviceAccountScopes",
  "metadata",
  "networkInterfaces",
] as const satisfies readonly (keyof ComputeEngineOptions)[];

/** True for the metadata that Slipway sets, and for `user-data-encoding`, which says how cloud-init reads it. */
export function isReservedMetadata(key: string): boolean {
  return key.startsWith("user-data") || key.startsWith("slipway-");
}
