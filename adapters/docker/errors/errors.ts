import { isSlipwayError, SlipwayError, UNSENT } from "../../../src/errors.ts";
import type { MachineEndVerdict } from "../../../src/substrate/contract.ts";
import { EngineConnectionFailure, EngineReplyFailure, oneLine } from "./engine-failure.ts";
import { tlsRemedy } from "./tls-remedy.ts";
import { readEngineMessage } from "./engine-message.ts";
import { ENGINE_RULES, ruleFor } from "./error-rules.ts";
import type { EngineOperation, EngineRule, EngineVerdict } from "./error-rules.ts";
import { HOST_RULES } from "./host-error-rules.ts";
import { LAUNCH_RULES } from "./launch-error-rules.ts";
import { OPTION_RULES } from "./option-error-rules.ts";
import { PULL_RULES } from "./pull-error-rules.ts";

export type { EngineOperation } from "./error-rules.ts";

export interface EngineCallContext {
  readonly operation: EngineOperation;
  /** The engine's address, in the user's notation. */
  readonly engine: string;
  /** The subject of the call: `container slipway-…`, `image …`. */
  readonly subject: string;
}

const FIRST_SERVER_ERROR = 500;

const DOING: Readonly<Record<EngineOperation, string>> = {
  info: "asking about",
  create: "creating",
  start: "starting",
  inspect: "inspecting",
  list: "listing",
  remove: "removing",
  logs: "reading the logs of",
  network: "inspecting",
  copy: "copying files into",
  exec: "running a command in",
  pull: "pulling",
};

const LAUNCH_TABLES: readonly EngineRule[] = [
  ...OPTION_RULES,
  ...LAUNCH_RULES,
  ...HOST_RULES,
  ...ENGINE_RULES,
];

/**
 * Turns a failed call into a `SlipwayError` with code, reason, remedy and retry verdict. The engine's replies contain
 * only a status and a sentence, so operation and status select the rules, and the position of the cause in the sentence
 * selects one of them.
 */
export function engineError(caught: unknown, context: EngineCallContext): SlipwayError {
  if (isSlipwayError(caught)) return caught;
  if (caught instanceof EngineConnectionFailure) return connectionError(caught, context);
  if (caught instanceof EngineReplyFailure) {
    return judged(caught.message, caught.status, context);
  }
  return new SlipwayError({
    code: "INTERNAL",
    reason: "ENGINE_ERROR",
    message: `${doing(context)}: ${oneLine(caught instanceof Error ? caught.message : String(caught))}`,
    remedy: "Search the engine's log.",
    cause: caught,
  });
}

/** Turns an error inside the stream of a pull, after HTTP 200, into a `SlipwayError`. */
export function pullStreamError(words: string, context: EngineCallContext): SlipwayError {
  return engineError(new EngineReplyFailure(null, words), context);
}

/** Whether the engine's message about a failed pull leaves open what the registry answered. */
export function isUnclearPull(caught: unknown): boolean {
  if (!(caught instanceof EngineReplyFailure)) return false;
  const message = readEngineMessage(caught.message);
  const rule = ruleFor(PULL_RULES, { ...message, operation: "pull", status: caught.status });
  return rule === undefined || rule.isUnclear === true;
}

/**
 * The meaning of a container's `State.Error`. The engine records there why it could not start or run the container,
 * with the message that a start would have been answered with.
 */
export function containerVerdict(words: string): MachineEndVerdict {
  const reply = { ...readEngineMessage(oneLine(words)), operation: "start", status: 500 } as const;
  const verdict = ruleFor(LAUNCH_TABLES, reply)?.verdict ?? neutral("start", 500);
  // A repeated launch would only find the same container again.
  return verdict.retry === "same-token" ? { ...verdict, retry: "next-candidate" } : verdict;
}

/** Whether the engine may have executed the call although its reply is missing. */
export function mayHaveHappened(caught: unknown): boolean {
  if (caught instanceof EngineConnectionFailure) return caught.sent;
  // A proxy in front of the engine replies with these when it lost the engine's reply.
  return caught instanceof EngineReplyFailure && (caught.status === 502 || caught.status === 504);
}

/** True for a reply with this status. */
export function hasStatus(caught: unknown, status: number): boolean {
  return caught instanceof EngineReplyFailure && caught.status === status;
}

/** @param status HTTP status of the reply; null for a line of a stream */
function judged(words: string, status: number | null, context: EngineCallContext): SlipwayError {
  const { operation, engine } = context;
  const message = readEngineMessage(words);
  const verdict = ruleFor(rulesOf(operation), { ...message, operation, status })?.verdict;
  return new SlipwayError({
    ...(verdict ?? neutral(operation, status)),
    message: `${doing(context)}: ${words}`,
    metadata: { engine, ...(status === null ? {} : { status }) },
  });
}

function rulesOf(operation: EngineOperation): readonly EngineRule[] {
  if (operation === "pull") return PULL_RULES;
  return operation === "create" || operation === "start" ? LAUNCH_TABLES : ENGINE_RULES;
}

/**
 * A message that no rule knows. A status of 4xx is about the request, which the engine understood; with 5xx the engine
 * says that the failure is its own.
 */
function neutral(operation: EngineOperation, status: number | null): EngineVerdict {
  const isRefused = status !== null && status < FIRST_SERVER_ERROR;
  const verdict: EngineVerdict = {
    code: "FAILED_PRECONDITION",
    reason: operation === "pull" ? "PULL_FAILED" : "ENGINE_ERROR",
    remedy: isRefused
      ? "The engine refuses this request: its message says why."
      : "Search the engine's log for this error.",
  };
  const isLaunch = operation === "create" || operation === "start";
  return isLaunch && !isRefused
    ? { ...verdict, blastRadius: "zone", retry: "next-candidate" }
    : verdict;
}

function connectionError(
  failure: EngineConnectionFailure,
  context: EngineCallContext,
): SlipwayError {
  const { code, sent } = failure;
  const remedy = tlsRemedy(failure);
  if (remedy !== null)
    return new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_CONFIGURATION_INVALID",
      message: `no TLS with the Docker engine at ${context.engine}: ${failure.message}`,
      remedy,
      blastRadius: "zone",
      metadata: { engine: context.engine, cause: code, ...UNSENT },
    });
  const denied = code === "EACCES" || code === "EPERM";
  return new SlipwayError({
    code: denied ? "PERMISSION_DENIED" : "UNAVAILABLE",
    reason: "ENGINE_UNAVAILABLE",
    message: sent
      ? `${doing(context)}: the connection to the engine at ${context.engine} broke off before its answer was complete (${failure.message})`
      : `the Docker engine at ${context.engine} cannot be reached (${failure.message})`,
    remedy: denied
      ? "Give this user access to the engine: add the user to the group that owns its socket."
      : "Start the engine, or set the placement's host (or DOCKER_HOST) to one that runs.",
    blastRadius: "zone",
    retry: denied ? "never" : "same-token",
    metadata: { engine: context.engine, cause: code, ...(sent ? {} : UNSENT) },
  });
}

function doing({ operation, subject }: EngineCallContext): string {
  return `${DOING[operation]} ${subject}`;
}
