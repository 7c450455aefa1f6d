import type { ErrorReason, JsonObject, SlipwayError } from "../errors.ts";
import type {
  Architecture,
  Artifact,
  Candidate,
  Check,
  LaunchPlan,
  PlacementTarget,
  PlanDraft,
  SecretMount,
  Substrate,
} from "../plan/plan.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import type { SecretValue } from "../secret-value.ts";
import type { RateLimit } from "../pacing/rates.ts";

/** An image record's one arm, as an adapter needs it. */
export type ImageSource =
  | {
      readonly substrate: "AWS";
      readonly amiIds: Readonly<Record<string, string>>;
      readonly baked: boolean;
    }
  | { readonly substrate: "GCP"; readonly selfLink: string }
  | {
      readonly substrate: "DOCKER";
      readonly imageRef: string;
      readonly credential: RegistryCredential | null;
    };

/** What the artifact has to fit. */
export interface ImageTarget {
  /** Name of the image record, for messages. */
  readonly imageName: string;
  readonly architecture: Architecture;
}

/** What a provider said of an image. Absence is a value: `artifact` is null and a failed check says why. */
export interface ImageInspection {
  readonly artifact: Artifact | null;
  /** What the artifact itself says it is; null where it says nothing. */
  readonly architecture: Architecture | null;
  readonly checks: readonly Check[];
  /** References that float, with what they mean now; the caller adds the time. */
  readonly floating: readonly { readonly reference: string; readonly value: string }[];
  /** JSON pointer into the plan -> where the value came from. */
  readonly sources: Readonly<Record<string, string>>;
  /** What this adapter learnt and will need in `preflight`: an OCI configuration, a root device's name. */
  readonly facts: JsonObject;
}

export interface PreflightReport {
  /** Every check, passed and failed. */
  readonly checks: readonly Check[];
  /** The plan's candidates in their order, each judged. */
  readonly candidates: readonly Candidate[];
  /** The provider's name of the machine type. */
  readonly machineType: string;
  /** Becomes the plan's `settings`: all that `launch` needs beyond the neutral fields. */
  readonly settings: JsonObject;
  readonly sources: Readonly<Record<string, string>>;
}

/** Whose a machine is, written on it by the launch call itself. */
export interface Ownership {
  /** The ledger's own id. */
  readonly owner: string;
  readonly tenant: string;
  readonly workspace: string;
  readonly planId: string;
  readonly launchId: string;
}

export interface LaunchMember {
  readonly spawnId: string;
  /** What the machine learns about itself, ready to be delivered. */
  readonly bootDocument: string;
}

/** Secrets that travel with a launch, looked up just before it and kept nowhere. */
export interface LaunchSecrets {
  readonly credential: RegistryCredential | null;
  /** Environment variables by name. */
  readonly environment: Readonly<Record<string, SecretValue>>;
  readonly files: readonly { readonly mount: SecretMount; readonly value: SecretValue }[];
}

export interface LaunchProgress {
  /** One line for people, such as `pulling: 12 of 40 MB`. */
  readonly message: string;
}

/** One request for one place, with its token and its ordered members. Idempotent by the token. */
export interface Launch {
  /** 64 hex digits; the same launch has the same token in every process. */
  readonly token: string;
  readonly plan: LaunchPlan;
  readonly place: Candidate;
  readonly ownership: Ownership;
  readonly members: readonly LaunchMember[];
  readonly secrets: LaunchSecrets;
  readonly onProgress?: (progress: LaunchProgress) => void;
}

export type MachineState = "pending" | "running" | "stopped" | "ended";

/** How a machine came to its end. */
export interface MachineEnd {
  readonly exitCode: number | null;
  /** The provider's words; empty for none. */
  readonly message: string;
  /** Why, where the adapter knows better than that the machine ended. */
  readonly reason?: ErrorReason;
}

/** What runs, in neutral words. */
export interface Machine {
  /** Instance id, partial self-link or container id. */
  readonly id: string;
  readonly place: string;
  readonly state: MachineState;
  readonly architecture: Architecture | null;
  readonly artifact: string | null;
  readonly addresses: { readonly private: string | null; readonly public: string | null };
  readonly ports: readonly { readonly port: number; readonly hostPort: number }[];
  /** Which of its launch's members it is, from 0, where the provider says so. */
  readonly launchIndex: number | null;
  /** Null for a machine that is not ours. */
  readonly ownership: (Ownership & { readonly spawnId: string | null }) | null;
  /** How it came to its end, where it has. */
  readonly end: MachineEnd | null;
  readonly createdAt: string | null;
}

/**
 * What a provider says of a machine's id: null for one that is gone; `unknown` for one that it does not know, which it
 * may not do yet where it launched the machine less than the capabilities' `lagMilliseconds` ago.
 */
export type MachineStatus = Machine | "unknown" | null;

export type LaunchOutcome =
  | { readonly outcome: "accepted"; readonly machine: Machine }
  | { readonly outcome: "rejected"; readonly error: SlipwayError }
  /** The reply was lost: there may be a machine or not. Only the same token may be tried. */
  | { readonly outcome: "unknown"; readonly error: SlipwayError };

export type TerminateOutcome =
  | { readonly id: string; readonly outcome: "terminated" }
  /** The provider does not know it: it is gone, or was launched less than the capabilities' `lagMilliseconds` ago. */
  | { readonly id: string; readonly outcome: "unknown" }
  | { readonly id: string; readonly outcome: "failed"; readonly error: SlipwayError };

export interface LogsRequest {
  readonly follow: boolean;
  /** Last lines to begin with; null for all there are. */
  readonly tail: number | null;
}

/** What an adapter can and cannot do, as data: core never asks which substrate it is. */
export interface SubstrateCapabilities {
  readonly batch: {
    /** Members that one launch may have. */
    readonly maximum: number;
    /** In characters; a machine of a batch could not tell whose it is with a longer one. Null: any. */
    readonly longestSpawnId: number | null;
    /** For how long launches that come while others are under way are gathered: since the last, and at most. */
    readonly idleMilliseconds: number;
    readonly longestMilliseconds: number;
  };
  /** Launch calls that one process makes at once; null where only the provider's rates bound them. */
  readonly concurrentLaunches: number | null;
  /** Whose rates bound its calls, and what a launch spends of them; null where the provider has none. */
  readonly rates: { readonly scope: string; readonly launch: RateLimit } | null;
  /**
   * For how long `spawn` looks at a started machine before it calls it running, in milliseconds: a container
   * whose command is wrong is gone within a second, a VM takes its own time to boot.
   */
  readonly watchMilliseconds: number;
  /**
   * For how long a launch that was throttled, or whose answer was lost, is repeated before the spawn gives up waiting,
   * in milliseconds. EC2 and Compute Engine: 120,000; an engine that is down for ten seconds is down.
   */
  readonly retryMilliseconds: number;
  /**
   * What settles a launch whose answer was lost. `machines` is `consistent` where `list` at once shows what was
   * launched (one engine), `eventual` where finding nothing proves nothing (clouds). A token is honoured for
   * `tokenMilliseconds` after it was first used; null for ever, because a name guards it. Older than that, a launch is
   * looked up and never replayed. EC2: eventual and a day; Compute Engine: eventual and null; Docker: consistent, null.
   */
  readonly idempotency: {
    readonly machines: "consistent" | "eventual";
    readonly tokenMilliseconds: number | null;
  };
  /**
   * Least time between two looks at a scope's machines, in milliseconds: one `describe` serves all that wait, and reads
   * draw from the account's own rates. A VM's boot is told in seconds (1,000), a container's sooner (0).
   */
  readonly pollMilliseconds: number;
  /**
   * For how long after it was launched a machine may be unknown to its provider, in milliseconds: until then `unknown`
   * is no word of its end. EC2: 300,000; 0 where a machine is known from the first.
   */
  readonly lagMilliseconds: number;
  /**
   * For how long a machine may stay pending before nobody waits for it any more, in milliseconds. It keeps its spawn:
   * it may come up yet. A VM: 900,000; a container is started at once.
   */
  readonly pendingMilliseconds: number;
  readonly bootDocument: {
    /**
     * `environment`: the member's document is its JSON, told apart by its `spawn_id`. `cloud-init`: it is user data
     * ready to be sent (a boot document in a cloud-config, the workspace's own user data beside it), the same for every
     * member of a launch, because EC2 and Compute Engine's batches take one text for all.
     */
    readonly delivery: "cloud-init" | "environment";
    /** How large it may be, in bytes before any encoding for the wire. */
    readonly maximumBytes: number;
    /** Where a machine finds out which one it is, in words of its boot document; null where the document says so. */
    readonly identity: JsonObject | null;
  };
}

/**
 * Seven verbs of one provider, opened for one placement target. Retry, waiting, candidate order, secret look-up and
 * printing stay outside. Each verb stops at the signal and throws only `SlipwayError`, whose verdict it has set.
 */
export interface SubstrateAdapter {
  readonly substrate: Substrate;
  readonly capabilities: SubstrateCapabilities;
  /**
   * The keys and tokens that the adapter itself shows its provider, those that are known by now: no error, check or
   * event repeats them. An empty list if it has none of its own.
   */
  secrets(): readonly SecretValue[];
  /** Read-only: turns a reference into a concrete artifact. Absence is a value, not an exception. */
  inspectImage(
    image: ImageSource,
    target: ImageTarget,
    signal: AbortSignal,
  ): Promise<ImageInspection>;
  /** Read-only: the checks that only this substrate can make, all of them, not the first failure. */
  preflight(draft: PlanDraft, facts: JsonObject, signal: AbortSignal): Promise<PreflightReport>;
  /** One outcome a member, in their order. Replaying a token finds the same machines. */
  launch(launch: Launch, signal: AbortSignal): Promise<readonly LaunchOutcome[]>;
  /** One answer an id, in their order. One unknown id never loses the others. */
  describe(ids: readonly string[], signal: AbortSignal): Promise<readonly MachineStatus[]>;
  /** One answer an id, in their order; success when already gone or not known. One bad id never loses the others. */
  terminate(ids: readonly string[], signal: AbortSignal): Promise<readonly TerminateOutcome[]>;
  /** Every machine born under an owner tag, all pages; throws rather than leave one out. */
  list(owner: string, signal: AbortSignal): Promise<readonly Machine[]>;
  /** What the machine printed, in pieces as they come. */
  logs(id: string, request: LogsRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Closes connections. The adapter is not used afterwards. */
  close(): Promise<void>;
}

/** Opens the adapter of a target. The same target gives the same adapter while the process lives. */
export type OpenAdapter = (target: PlacementTarget) => Promise<SubstrateAdapter>;

/** The machine that was seen; null for one that is gone or not known. */
export function knownMachine(status: MachineStatus | undefined): Machine | null {
  return status === undefined || status === "unknown" ? null : status;
}
