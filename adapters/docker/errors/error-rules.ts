import type { SlipwayErrorOptions } from "../../../src/errors.ts";

/** The operation that failed. */
export type EngineOperation =
  | "info"
  | "create"
  | "start"
  | "inspect"
  | "list"
  | "remove"
  | "logs"
  | "network"
  | "copy"
  | "pull";

/** The meaning of an engine's error, without its message. */
export type EngineVerdict = Pick<
  SlipwayErrorOptions,
  "code" | "reason" | "remedy" | "blastRadius" | "retry"
>;

export const ANY_OPERATION = "any";

/** The first matching rule of a table decides. An omitted member matches everything. */
export interface EngineRule {
  readonly operations: readonly EngineOperation[] | typeof ANY_OPERATION;
  readonly statuses?: readonly number[];
  /** Matched against the engine's message: one line of at most 2,000 characters. */
  readonly words?: RegExp;
  readonly verdict: EngineVerdict;
}

/** Rules for both calls and pulls. */
export const DISK_FULL: EngineVerdict = {
  code: "RESOURCE_EXHAUSTED",
  reason: "ENGINE_DISK_FULL",
  remedy: "Free space on the engine's disk (`docker system prune`), then spawn again.",
  blastRadius: "zone",
  retry: "next-candidate",
};

export const ENGINE_BUSY: EngineVerdict = {
  code: "UNAVAILABLE",
  reason: "ENGINE_UNAVAILABLE",
  remedy: "Wait until the engine answers again.",
  blastRadius: "zone",
  retry: "same-token",
};

const WRONG_PLATFORM: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "PLATFORM_UNSUPPORTED",
  remedy:
    "Use an image and an architecture that the engine runs, or install qemu's binfmt handlers on its host.",
  blastRadius: "image",
};

const COMMAND_FAILED: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "MACHINE_NOT_STARTED",
  remedy: "Correct the image's entrypoint, command, user and working directory, and push it again.",
  blastRadius: "image",
};

const VALUE_REFUSED: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "RESOURCE_VALUE_REFUSED",
  remedy: "Change the value in the environment or in the image's configuration.",
};

/** Errors of all operations except pulls, in the words of Docker engines 20.10 to 28. */
export const ENGINE_RULES: readonly EngineRule[] = [
  {
    operations: ANY_OPERATION,
    words: /no space left on device|disk quota exceeded/i,
    verdict: DISK_FULL,
  },
  {
    operations: ["create", "start"],
    words: /does not match the specified platform|exec format error/i,
    verdict: WRONG_PLATFORM,
  },
  {
    operations: ["start"],
    statuses: [404, 403, 500],
    words: /network .*(?:not found|not manually attachable)/i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NETWORK_NOT_FOUND",
      remedy: "Create the network on the engine, or name another one in the placement.",
      blastRadius: "zone",
    },
  },
  {
    operations: ["start"],
    words: /port is already allocated|address already in use|cannot assign requested address/i,
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "PORT_UNAVAILABLE",
      remedy:
        "Set the placement's publish_address to an address of the engine's host with free ports.",
      blastRadius: "zone",
      retry: "next-candidate",
    },
  },
  {
    operations: ["start"],
    words:
      /cannot allocate memory|resource temporarily unavailable|no available IPv[46] addresses/i,
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "ENGINE_ERROR",
      remedy: "Terminate machines on this engine, or use another one.",
      blastRadius: "zone",
      retry: "next-candidate",
    },
  },
  {
    operations: ["start"],
    words: /argument list too long/i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      remedy: "Mount large secrets as files: a variable holds at most 128 KiB.",
    },
  },
  {
    operations: ["start"],
    words: /cpu-?shares|cfs_quota|memory\.|cgroup config|shares: invalid/i,
    verdict: VALUE_REFUSED,
  },
  {
    operations: ["start"],
    words:
      /executable file not found|exec: |unable to find (?:user|group)|no such file or directory|permission denied|not a directory/i,
    verdict: COMMAND_FAILED,
  },
  {
    operations: ["create"],
    statuses: [409],
    verdict: {
      code: "ALREADY_EXISTS",
      reason: "NAME_CLASH",
      remedy: "Remove or rename the container that has this name.",
    },
  },
  {
    operations: ["create"],
    statuses: [404],
    words: /no such image/i,
    verdict: {
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
      remedy: "Spawn again: the image was removed from the engine while it was being used.",
      blastRadius: "image",
      retry: "same-token",
    },
  },
  { operations: ["create", "start"], statuses: [400], verdict: VALUE_REFUSED },
  {
    operations: ["inspect", "logs", "remove", "start", "copy"],
    statuses: [404],
    verdict: {
      code: "NOT_FOUND",
      reason: "MACHINE_NOT_FOUND",
      remedy: "The container is gone: another client removed it, or the engine lost it.",
    },
  },
  {
    operations: ["logs"],
    words: /logging driver does not support reading/i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_UNSUPPORTED",
      remedy:
        "Configure the engine with a logging driver that can be read, such as json-file or local.",
      blastRadius: "zone",
    },
  },
  {
    operations: ANY_OPERATION,
    statuses: [401, 403],
    verdict: {
      code: "PERMISSION_DENIED",
      reason: "ENGINE_UNAVAILABLE",
      remedy:
        "The engine, or an authorization plugin, forbids this call: ask the engine's administrator.",
      blastRadius: "zone",
    },
  },
  {
    operations: ANY_OPERATION,
    statuses: [429, 502, 503, 504],
    verdict: ENGINE_BUSY,
  },
];
