import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../../src/errors.ts";
import { EngineConnectionFailure, EngineReplyFailure, oneLine } from "./engine-failure.ts";
import { ANY_OPERATION, ENGINE_RULES } from "./error-rules.ts";
import type { EngineOperation, EngineRule, EngineVerdict } from "./error-rules.ts";
import { PULL_RULES } from "./pull-error-rules.ts";

export type { EngineOperation } from "./error-rules.ts";

export interface EngineCallContext {
  readonly operation: EngineOperation;
  /** The engine's address, in the user's notation. */
  readonly engine: string;
  /** The subject of the call: `container slipway-…`, `image …`. */
  readonly subject: string;
  /** Names from our request that the engine's message may repeat. The rules ignore them. */
  readonly names?: readonly string[];
}

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
  pull: "pulling",
};

/**
 * Turns a failed call into a `SlipwayError` with code, reason, remedy and retry verdict. The engine's replies contain
 * only a status and a sentence, so operation and status select the rules, and the sentence selects one of them.
 */
export function engineError(caught: unknown, context: EngineCallContext): SlipwayError {
  if (isSlipwayError(caught)) return caught;
  if (caught instanceof EngineConnectionFailure) return connectionError(caught, context);
  if (caught instanceof EngineReplyFailure) {
    const rules = context.operation === "pull" ? PULL_RULES : ENGINE_RULES;
    const found = verdictOf(rules, context, { status: caught.status, words: caught.message });
    return judged({ verdict: found, words: caught.message, context, status: caught.status });
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
  const line = oneLine(words);
  const found = verdictOf(PULL_RULES, context, { status: 200, words: line });
  return judged({ verdict: found, words: line, context, status: null });
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

function verdictOf(
  rules: readonly EngineRule[],
  context: EngineCallContext,
  reply: { readonly status: number; readonly words: string },
): EngineVerdict | null {
  const said = withoutNames(reply.words, context.names ?? []);
  const rule = rules.find(
    ({ operations, statuses, words }) =>
      (operations === ANY_OPERATION || operations.includes(context.operation)) &&
      (statuses === undefined || statuses.includes(reply.status)) &&
      (words === undefined || words.test(said)),
  );
  return rule?.verdict ?? null;
}

/** The engine's message without our names: an image may be called `denied`, a command `no space left on device`. */
function withoutNames(words: string, names: readonly string[]): string {
  return names
    .filter((name) => name !== "")
    .reduce((rest, name) => rest.replaceAll(name, ""), words)
    .replaceAll(/"[^"]*"/g, '""');
}

function judged(judgement: {
  readonly verdict: EngineVerdict | null;
  readonly words: string;
  readonly context: EngineCallContext;
  /** HTTP status of the reply; null for a line of a stream. */
  readonly status: number | null;
}): SlipwayError {
  const { verdict, words, context, status } = judgement;
  const common: Pick<SlipwayErrorOptions, "message" | "metadata"> = {
    message: `${doing(context)}: ${words}`,
    metadata: { engine: context.engine, ...(status === null ? {} : { status }) },
  };
  if (verdict !== null) return new SlipwayError({ ...verdict, ...common });
  return new SlipwayError({
    code: "INTERNAL",
    reason: context.operation === "pull" ? "PULL_FAILED" : "ENGINE_ERROR",
    remedy: "Search the engine's log for this error.",
    ...common,
  });
}

function connectionError(
  failure: EngineConnectionFailure,
  context: EngineCallContext,
): SlipwayError {
  const { code, sent } = failure;
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
    metadata: { engine: context.engine, cause: code },
  });
}

function doing({ operation, subject }: EngineCallContext): string {
  return `${DOING[operation]} ${subject}`;
}
