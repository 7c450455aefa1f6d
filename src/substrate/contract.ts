import type {
  ErrorReason,
  JsonObject,
  JsonValue,
  SlipwayError,
  SlipwayErrorOptions,
} from "../errors.ts";
import type {
  Architecture,
  Artifact,
  Candidate,
  Check,
  FloatingRead,
  LaunchPlan,
  MachineTypeFacts,
  PlacementTarget,
  PlanDraft,
  SecretMount,
  Substrate,
} from "../plan/plan.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import type { SecretValue } from "../secret-value.ts";
import type { RateLimit } from "../pacing/rates.ts";

/** The source of an image record, for one substrate. */
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

/** The platform that the artifact must have. */
export interface ImageTarget {
  /** Name of the image record, for messages. */
  readonly imageName: string;
  readonly architecture: Architecture;
  /** The workspace says what runs, so the image need not. Default false. */
  readonly hasCommand?: boolean;
}

/** A reference that may mean something else tomorrow, with its current target. */
export type FloatingReference = Pick<FloatingRead, "reference" | "value">;

/** A resolved image. If the image does not exist, `artifact` is null and a failed check gives the reason. */
export interface ImageInspection {
  readonly artifact: Artifact | null;
  /** The artifact's own platform; null if it does not state one. */
  readonly architecture: Architecture | null;
  readonly checks: readonly Check[];
  /** The caller adds the time. */
  readonly floating: readonly FloatingReference[];
  /** From a JSON pointer into the plan to the source of that value. */
  readonly sources: Readonly<Record<string, string>>;
  /** Data of this adapter for its `preflight`: an OCI configuration, a root device's name. */
  readonly facts: JsonObject;
}

export interface PreflightReport {
  /** All checks, passed and failed. */
  readonly checks: readonly Check[];
  /** The plan's candidates in order, each with its verdict. */
  readonly candidates: readonly Candidate[];
  /** The provider's name for the machine type; the first of several. */
  readonly machineType: string;
  /** The machine types that the provider has described. Absent on substrates without machine types. */
  readonly machineTypes?: readonly MachineTypeFacts[];
  /** Becomes the plan's `settings`: everything that `launch` needs beyond the neutral fields. */
  readonly settings: JsonObject;
  readonly sources: Readonly<Record<string, string>>;
  /** Besides the image's; the caller adds the time. Absent if there are none. */
  readonly floating?: readonly FloatingReference[];
}

/** The owner of a machine, written on it by the launch call itself. */
export interface Ownership {
  /** The ledger's id. */
  readonly owner: string;
  readonly tenant: string;
  readonly workspace: string;
  readonly planId: string;
  readonly launchId: string;
}

/** A caller's additions to the workspace, for one spawn. They are stored and shown as they are: never secrets. */
export interface SpawnInput {
  /** Environment variables by name. */
  readonly env: Readonly<Record<string, string>>;
  /** For selection, by key. */
  readonly labels: Readonly<Record<string, string>>;
  /** For the program on the machine; null for none. */
  readonly input: JsonValue;
}

/** The input of a spawn whose caller gives none. */
export const NO_INPUT: SpawnInput = { env: {}, labels: {}, input: null };

/** The environment variable with a spawn's input as JSON. */
export const INPUT_VARIABLE = "SLIPWAY_INPUT";

/** One of the spawns of a launch. */
export interface SpawnMember extends SpawnInput {
  readonly spawnId: string;
}

export interface LaunchMember extends SpawnMember {
  /** With the delivery `environment`: the boot document of this member. Otherwise empty. */
  readonly bootDocument: string;
}

/** The secrets of a launch, looked up just before it and never stored. */
export interface LaunchSecrets {
  readonly credential: RegistryCredential | null;
  /** Environment variables by name. */
  readonly environment: Readonly<Record<string, SecretValue>>;
  readonly files: readonly { readonly mount: SecretMount; readonly value: SecretValue }[];
}

export interface LaunchProgress {
  /** One human-readable line, such as `pulling: 12 of 40 MB`. */
  readonly message: string;
}

/** One launch in one place, with its token and its ordered members. Idempotent by the token. */
export interface Launch {
  /** 64 hex digits; the same launch has the same token in every process. */
  readonly token: string;
  readonly plan: LaunchPlan;
  readonly place: Candidate;
  readonly ownership: Ownership;
  readonly members: readonly LaunchMember[];
  /**
   * With the delivery `cloud-init`: the user data of all members, because batches on EC2 and Compute Engine take one
   * text. Empty if there is none.
   */
  readonly userData: string;
  readonly secrets: LaunchSecrets;
  /**
   * False if the launch is repeated only to learn which machine it has, which is terminated then. An adapter need not
   * start it; it must not report that there is none while an earlier call may still create it. Default true.
   */
  readonly isWanted?: boolean;
  readonly onProgress?: (progress: LaunchProgress) => void;
}

export type MachineState = "pending" | "running" | "stopped" | "ended";

/** Why and when a machine ended. */
export interface MachineEnd {
  readonly exitCode: number | null;
  /** The provider's own message; empty if there is none. */
  readonly message: string;
  /** A more precise reason than "the machine ended", if the adapter knows one. */
  readonly reason?: ErrorReason;
  /** The meaning of the provider's message, if the adapter knows it; it comes before `reason`. */
  readonly verdict?: MachineEndVerdict;
}

/** The error of a machine that its provider could not start or run, without its message. */
export type MachineEndVerdict = Pick<
  SlipwayErrorOptions,
  "code" | "reason" | "remedy" | "blastRadius" | "retry"
>;

export interface MachineAddresses {
  /** The IPv6 address of a machine that has no other. */
  readonly private: string | null;
  readonly public: string | null;
  /** Absent if the provider reports none. */
  readonly ipv6?: string;
}

/** A machine of any substrate. */
export interface Machine {
  /** EC2 instance id, Compute Engine partial self-link or container id. */
  readonly id: string;
  readonly place: string;
  readonly state: MachineState;
  readonly architecture: Architecture | null;
  readonly artifact: string | null;
  readonly addresses: MachineAddresses;
  readonly ports: readonly { readonly port: number; readonly hostPort: number }[];
  /** 0-based index among its launch's members, if the provider reports it. */
  readonly launchIndex: number | null;
  /** Null for a machine that Slipway did not launch. */
  readonly ownership: (Ownership & { readonly spawnId: string | null }) | null;
  /** Null until the machine has ended. */
  readonly end: MachineEnd | null;
  readonly createdAt: string | null;
  /**
   * The settings with which the provider says that the machine runs, by the names of the records' fields. Absent if it
   * was not asked for them.
   */
  readonly settings?: JsonObject;
}

/**
 * The status of a machine id at its provider. Null: the machine is gone. `unknown`: the provider does not know the
 * id, perhaps not yet if it launched the machine less than the capabilities' `lagMilliseconds` ago.
 */
export type MachineStatus = Machine | "unknown" | null;

export type LaunchOutcome =
  | { readonly outcome: "accepted"; readonly machine: Machine }
  | { readonly outcome: "rejected"; readonly error: SlipwayError }
  /** The reply was lost, so there may be a machine. Only a retry with the same token is safe. */
  | { readonly outcome: "unknown"; readonly error: SlipwayError };

export type TerminateOutcome =
  | { readonly id: string; readonly outcome: "terminated" }
  /**
   * The provider does not know the id: the machine is gone, or was launched less than the capabilities'
   * `lagMilliseconds` ago.
   */
  | { readonly id: string; readonly outcome: "unknown" }
  | { readonly id: string; readonly outcome: "failed"; readonly error: SlipwayError };

/** A resource that a launch created for a machine and that outlived it. */
export interface Leftover {
  readonly id: string;
  readonly kind: "volume" | "network-interface";
  readonly place: string;
  readonly ownership: NonNullable<Machine["ownership"]>;
}

/** The verbs about leftovers, for a provider whose machines can leave something behind. */
export interface LeftoverVerbs {
  /**
   * Returns everything with an owner tag that is attached to no machine, from all pages; throws instead of returning an
   * incomplete list. Volumes that the placement keeps are not among them.
   */
  list(owner: string, signal: AbortSignal): Promise<readonly Leftover[]>;
  /**
   * Returns one outcome per leftover, in their order; one that is already gone counts as terminated. One that is attached
   * again is not removed.
   */
  remove(leftovers: readonly Leftover[], signal: AbortSignal): Promise<readonly TerminateOutcome[]>;
}

export interface LogsRequest {
  readonly follow: boolean;
  /** Number of existing lines to start with, counted from the end; null for all. */
  readonly tail: number | null;
  /** Only what was printed at this time or later, in milliseconds since the epoch; null or absent for all. */
  readonly since?: number | null;
}

/** In characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The terminal of a command's caller. */
export interface ExecTerminal {
  readonly size: () => TerminalSize;
  /** Calls the listener after each change of the size, until the result is disposed of. */
  readonly onResize: (listener: () => void) => Disposable;
}

export type OutputStream = "stdout" | "stderr";

/** A command to run in a machine, beside the machine's own program. */
export interface ExecRequest {
  /** The program and its arguments; not interpreted by a shell. */
  readonly command: readonly string[];
  /** Added to the machine's own variables. */
  readonly env: Readonly<Record<string, SecretValue>>;
  /** `USER` or `USER:GROUP`; null for the user of the machine's own program. */
  readonly user: string | null;
  /** Null for the folder of the machine's own program. */
  readonly workingDirectory: string | null;
  /** The command's standard input, which ends with it; null for none. */
  readonly input: AsyncIterable<Uint8Array> | null;
  /** Null for a command without a terminal. With one, all its output is on `stdout`. */
  readonly terminal: ExecTerminal | null;
  /** Receives the output in pieces. The next piece is read once the promise has resolved. */
  readonly onOutput: (stream: OutputStream, bytes: Uint8Array) => Promise<void>;
}

/** How to get into the machines of a provider. */
export type MachineAccess =
  | {
      readonly kind: "exec";
      /**
       * Runs a command in a machine and returns its exit code once it has ended. An abort closes the command's input and
       * stops reading; it does not end the command.
       *
       * @throws SlipwayError `MACHINE_NOT_RUNNING` if the machine is stopped; `MACHINE_NOT_FOUND` if it is gone
       */
      exec(id: string, request: ExecRequest, signal: AbortSignal): Promise<number>;
      /** The host at which this process reaches a port that is published on an address of the machine's host. */
      publishedHost(address: string): Promise<string>;
    }
  | {
      readonly kind: "commands";
      /** The provider's own commands that log in to a machine, each as its words; the best first. */
      commands(id: string): readonly (readonly string[])[];
    };

/**
 * How long a virtual machine may be pending after its launch was accepted, in milliseconds. No time limit that Slipway
 * sets by itself ends the wait earlier.
 */
export const VM_PENDING_MILLISECONDS = 15 * 60_000;

/** An adapter's capabilities as data, so that core never checks which substrate it has. */
export interface SubstrateCapabilities {
  readonly batch: {
    /** Maximum number of members of one launch. */
    readonly maximum: number;
    /**
     * Maximum length of an owner in characters: a machine of a batch could not be matched to its spawn with a longer
     * one. Null: no limit.
     */
    readonly longestSpawnId: number | null;
    /** How long launches are gathered into a batch while others are in flight: after the latest one, and in all. */
    readonly idleMilliseconds: number;
    readonly longestMilliseconds: number;
  };
  /** Concurrent launch calls of one process; null if only the provider's rates limit them. */
  readonly concurrentLaunches: number | null;
  /** The provider's rates that limit its calls, and the cost of a launch; null if the provider has no rates. */
  readonly rates: { readonly scope: string; readonly launch: RateLimit } | null;
  /**
   * How long `spawn` observes a started machine before it reports it as running, in milliseconds: a container with a
   * wrong command ends within a second, a VM takes its time to boot.
   */
  readonly watchMilliseconds: number;
  /**
   * How long a launch is repeated after a throttle or a lost reply, in milliseconds. EC2 and Compute Engine: 120,000.
   * Docker: 10,000, after which the engine counts as down.
   */
  readonly retryMilliseconds: number;
  /**
   * How to settle a launch whose reply was lost. `machines` is `consistent` if `list` immediately shows every
   * launched machine (one engine), and `eventual` if an empty list proves nothing (clouds). The provider honours a
   * token for `tokenMilliseconds` after its first use; null means without limit, because the machine's name prevents
   * a second one. A launch with an older token is looked up and never replayed. EC2: eventual and a day; Compute
   * Engine: eventual and null; Docker: consistent and null.
   */
  readonly idempotency: {
    readonly machines: "consistent" | "eventual";
    readonly tokenMilliseconds: number | null;
  };
  /**
   * Minimum interval between two polls of a scope's machines, in milliseconds. One `describe` answers every waiting
   * spawn, because reads count against the account's own rates. VM: 1,000, because a boot takes seconds; container:
   * 0.
   */
  readonly pollMilliseconds: number;
  /**
   * How long after its launch a machine may be unknown to its provider, in milliseconds. During that time `unknown`
   * does not mean that it has ended. EC2: 300,000; 0 if a machine is known immediately.
   */
  readonly lagMilliseconds: number;
  /**
   * How long a spawn waits for a pending machine, in milliseconds. After that the machine keeps its spawn, because it
   * may still come up. VM: 900,000; container: 60,000.
   */
  readonly pendingMilliseconds: number;
  readonly bootDocument: BootDelivery;
  /** Whether the provider records when a machine printed what, so that `logs` can begin at a time. Default false. */
  readonly logTimes?: boolean;
}

/**
 * How a VM knows which member of its launch it is: by EC2's launch index, or by Compute Engine's instance name, which
 * begins with its spawn id.
 */
export type GuestIdentity = "launch-index" | "instance-name";

/** How the boot documents of a launch are delivered. `maximumBytes` is the size before any encoding for the wire. */
export type BootDelivery =
  /** A variable of each member, as JSON. */
  | { readonly delivery: "environment"; readonly maximumBytes: number }
  /**
   * One user data for all members, because batches on EC2 and Compute Engine take one text: it contains a table of the
   * members, in which each machine finds itself.
   */
  | {
      readonly delivery: "cloud-init";
      readonly maximumBytes: number;
      readonly identity: GuestIdentity;
    };

/**
 * The verbs of one provider, opened for one placement target. Core does the retries, the waiting, the candidate
 * order, the secret look-up and the output. Each verb stops at the signal and throws only `SlipwayError`, with its
 * retry verdict set.
 */
export interface SubstrateAdapter {
  readonly substrate: Substrate;
  readonly capabilities: SubstrateCapabilities;
  /**
   * The keys and tokens known so far that the adapter itself sends to its provider. Errors, checks and events never
   * repeat them. Empty if the adapter has none of its own.
   */
  secrets(): readonly SecretValue[];
  /** Resolves a reference to a concrete artifact. Read-only. A missing artifact is a value, not an exception. */
  inspectImage(
    image: ImageSource,
    target: ImageTarget,
    signal: AbortSignal,
  ): Promise<ImageInspection>;
  /** Runs the checks that only this substrate can make. Read-only. Returns all of them, not only the first failure. */
  preflight(draft: PlanDraft, facts: JsonObject, signal: AbortSignal): Promise<PreflightReport>;
  /** Returns one outcome per member, in their order. Replaying a token finds the same machines. */
  launch(launch: Launch, signal: AbortSignal): Promise<readonly LaunchOutcome[]>;
  /** Returns one status per id, in their order. An unknown id does not affect the others. */
  describe(ids: readonly string[], signal: AbortSignal): Promise<readonly MachineStatus[]>;
  /**
   * Returns one outcome per id, in their order; a machine that is already gone or unknown counts as success. A bad id
   * does not affect the others.
   */
  terminate(ids: readonly string[], signal: AbortSignal): Promise<readonly TerminateOutcome[]>;
  /** Returns every machine with an owner tag, from all pages; throws instead of returning an incomplete list. */
  list(owner: string, signal: AbortSignal): Promise<readonly Machine[]>;
  /** Absent if machines leave nothing behind. */
  readonly leftovers?: LeftoverVerbs;
  /** Absent if Slipway knows no way into the machines. */
  readonly access?: MachineAccess;
  /** Streams the machine's output. */
  logs(id: string, request: LogsRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Closes the connections. The adapter must not be used afterwards. */
  close(): Promise<void>;
}

/** Opens the adapter of a target. The same target gives the same adapter for the life of the process. */
export type OpenAdapter = (target: PlacementTarget) => Promise<SubstrateAdapter>;

/** The machine of a status; null if it is gone or unknown. */
export function knownMachine(status: MachineStatus | undefined): Machine | null {
  return status === undefined || status === "unknown" ? null : status;
}

/** The address at which a machine is reached, in the order of the AWS command line: public, private, IPv6. */
export function reachableAddress(addresses: MachineAddresses): string | null {
  return addresses.public ?? addresses.private ?? addresses.ipv6 ?? null;
}
