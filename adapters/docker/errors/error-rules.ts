import type { SlipwayErrorOptions } from "../../../src/errors.ts";
import type { EngineMessage, EngineStage } from "./engine-message.ts";

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
  | "exec"
  | "pull";

/** The meaning of an engine's error, without its message. */
export type EngineVerdict = Pick<
  SlipwayErrorOptions,
  "code" | "reason" | "remedy" | "blastRadius" | "retry"
>;

/** The first matching rule of a table decides. An omitted member matches everything. */
export interface EngineRule {
  readonly operations?: readonly EngineOperation[];
  readonly statuses?: readonly number[];
  readonly stages?: readonly EngineStage[];
  /** Matched against the cause, from its first character. */
  readonly cause?: RegExp;
  /** Matched against a whole part of the cause: any of them, or only the last. */
  readonly anyLink?: RegExp;
  readonly lastLink?: RegExp;
  readonly verdict: EngineVerdict;
  /**
   * True if the message leaves out what the registry answered, so that the verdict may be wrong. Default false.
   */
  readonly isUnclear?: boolean;
}

export interface EngineReply extends EngineMessage {
  readonly operation: EngineOperation;
  /** HTTP status; null for a line of a stream. */
  readonly status: number | null;
}

export function ruleFor(rules: readonly EngineRule[], reply: EngineReply): EngineRule | undefined {
  const { operation, status, stage, cause, links } = reply;
  return rules.find(
    (one) =>
      (one.operations?.includes(operation) ?? true) &&
      (one.statuses === undefined || (status !== null && one.statuses.includes(status))) &&
      (one.stages?.includes(stage) ?? true) &&
      (one.cause?.test(cause) ?? true) &&
      (one.anyLink === undefined || links.some((link) => one.anyLink?.test(link))) &&
      (one.lastLink?.test(links.at(-1) ?? "") ?? true),
  );
}

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

/** Docker's devicemapper driver: https://github.com/moby/moby/pull/20786 */
export const THIN_POOL_FULL =
  /^Thin Pool has \d+ free (?:data|metadata) blocks which is less than minimum required .+$/;

/** The engine's host, not the request or the image, prevents the call. */
export function hostFault(remedy: string): EngineVerdict {
  return {
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_HOST_FAULT",
    remedy,
    blastRadius: "zone",
    retry: "next-candidate",
  };
}

/** Something that is not an engine, or a proxy that hides parts of one. */
export const NOT_AN_ENGINE: EngineRule = {
  statuses: [404],
  cause: /^(?:404 )?page not found$/,
  verdict: {
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_UNSUPPORTED",
    remedy:
      "Check that the address is that of a Docker or Podman engine, and that a proxy before it passes this call on.",
    blastRadius: "zone",
  },
};

/**
 * A web page: engines answer with JSON or plain text, so a proxy before the engine has refused the call, such as
 * https://github.com/Tecnativa/docker-socket-proxy.
 */
export const FORBIDDEN_BY_PROXY: EngineRule = {
  statuses: [401, 403, 405],
  cause: /^</,
  verdict: {
    code: "PERMISSION_DENIED",
    reason: "ENGINE_UNAVAILABLE",
    remedy:
      "Let the proxy before the engine pass on this call (for docker-socket-proxy: POST, CONTAINERS, IMAGES, INFO and NETWORKS).",
    blastRadius: "zone",
  },
};

/** Go's answer to a plain request on a port with TLS: https://github.com/docker-library/docker/issues/170 */
const NEEDS_TLS: EngineRule = {
  statuses: [400],
  cause: /^Client sent an HTTP request to an HTTPS server\.$/,
  verdict: {
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_CONFIGURATION_INVALID",
    remedy:
      "The engine speaks TLS on this port: set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder with its ca.pem, cert.pem and key.pem.",
    blastRadius: "zone",
  },
};

/** The engine does not reach containerd: the words of its gRPC client, `connection error: desc = "transport: …"`. */
export const CONTAINERD_GONE: EngineRule = {
  anyLink: /^desc = ""$/,
  verdict: {
    ...ENGINE_BUSY,
    remedy: "Start containerd on the engine's host, then restart the engine.",
  },
};

/** Docker's daemon refuses versions of its API outside its range; a proxy may have put the version into the path. */
export const API_VERSION: EngineRule = {
  statuses: [400],
  cause: /^client version \S+ is too (?:old|new)\. /,
  verdict: {
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_UNSUPPORTED",
    remedy:
      "Upgrade the engine, or remove the API version that a proxy before it adds; Slipway asks for none.",
    blastRadius: "zone",
  },
};

const NOT_RUNNING: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "MACHINE_NOT_RUNNING",
  remedy:
    "Only a running container can run a command: its logs and `slipway describe` show why it stopped.",
};

/** Errors of the calls that neither create nor start a container, and of those that the tables for these leave open. */
export const ENGINE_RULES: readonly EngineRule[] = [
  NOT_AN_ENGINE,
  FORBIDDEN_BY_PROXY,
  NEEDS_TLS,
  API_VERSION,
  {
    operations: ["inspect", "logs", "remove", "start", "copy", "exec"],
    statuses: [404],
    verdict: {
      code: "NOT_FOUND",
      reason: "MACHINE_NOT_FOUND",
      remedy: "The container is gone: another client removed it, or the engine lost it.",
    },
  },
  {
    // A container that is stopped, paused or restarting, in Docker.
    operations: ["exec"],
    statuses: [409],
    verdict: NOT_RUNNING,
  },
  {
    // The same in Podman.
    operations: ["exec"],
    lastLink: /^container state improper$/,
    verdict: NOT_RUNNING,
  },
  {
    // Podman looks the user up before it runs the command; Docker reports this as the command's output.
    operations: ["exec"],
    cause: /^unable to find (?:user|group) /,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      remedy: "Name a user and group that the container has, or their numbers.",
    },
  },
  {
    operations: ["exec"],
    // The answer of a proxy that drops the request's Upgrade field.
    statuses: [200],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_UNSUPPORTED",
      remedy:
        "Let the proxy before the engine pass connection upgrades on, or name the engine's host in NO_PROXY.",
      blastRadius: "zone",
    },
  },
  {
    operations: ["logs"],
    cause:
      /^(?:configured logging driver does not support reading$|this container is using the ".+" log driver, cannot read logs)/,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_UNSUPPORTED",
      remedy:
        "Configure the engine with a logging driver that can be read, such as json-file or local.",
      blastRadius: "zone",
    },
  },
  {
    lastLink: /^(?:no space left on device|disk quota exceeded)$/i,
    verdict: DISK_FULL,
  },
  {
    statuses: [401, 403],
    verdict: {
      code: "PERMISSION_DENIED",
      reason: "ENGINE_UNAVAILABLE",
      remedy:
        "The engine, or an authorization plugin, forbids this call: ask the engine's administrator.",
      blastRadius: "zone",
    },
  },
  { statuses: [429, 502, 503, 504], verdict: ENGINE_BUSY },
];
