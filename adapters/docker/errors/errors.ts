import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../../src/errors.ts";
import { EngineConnectionFailure, EngineReplyFailure, oneLine } from "./engine-failure.ts";
import { ANY_OPERATION, ENGINE_RULES } from "./error-rules.ts";
import type { EngineOperation, EngineRule, EngineVerdict } from "./error-rules.ts";
import { PULL_RULES } from "./pull-error-rules.ts";

export type { EngineOperation } from "./error-rules.ts";

export interface EngineCallContext {
  readonly operation: EngineOperation;
  /** The engine's address, as the user would write it. */
  readonly engine: string;
  /** What the call was about: `container slipway-…`, `image …`. */
  readonly subject: string;
  /** Names of ours that the engine's words may repeat, and that say nothing of the kind of failure. */
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
 * Judges what came of a call to the engine: its code, reason, remedy and what may be tried next. The engine's replies
 * carry a status and a sentence and nothing else, so the call and its status choose the rules, and the sentence one
 * among them.
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
    remedy: "Look into the engine's log.",
    cause: caught,
  });
}

/** Judges an error that the engine reported inside the stream of a pull, after HTTP 200. */
export function pullStreamError(words: string, context: EngineCallContext): SlipwayError {
  const line = oneLine(words);
  const found = verdictOf(PULL_RULES, context, { status: 200, words: line });
  return judged({ verdict: found, words: line, context, status: null });
}

/** True where the engine may have done what was asked although we have no answer. */
export function mayHaveHappened(caught: unknown): boolean {
  if (caught instanceof EngineConnectionFailure) return caught.sent;
  // A proxy between us and the engine answers so when it lost the engine's answer.
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

/** The engine's own words alone: an image may be called `denied`, a command `no space left on device`. */
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
    remedy: "Look into the engine's log for what it says of this.",
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
      ? "Let this user speak to the engine: add the user to the group that owns its socket."
      : "Start the engine, or set the placement's host (or DOCKER_HOST) to one that runs.",
    blastRadius: "zone",
    retry: denied ? "never" : "same-token",
    metadata: { engine: context.engine, cause: code },
  });
}

function doing({ operation, subject }: EngineCallContext): string {
  return `${DOING[operation]} ${subject}`;
}
