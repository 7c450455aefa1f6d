import type { Sleep } from "../../../src/async/cancellation.ts";
import type { SlipwayError } from "../../../src/errors.ts";
import type { Launch } from "../../../src/substrate/contract.ts";
import { UnknownOutcome } from "../../../src/substrate/launch-outcome.ts";
import type { GceApi } from "../client/api.ts";
import { gceError, mayHaveHappened } from "../errors/errors.ts";
import { GceCallFailure } from "../errors/failure.ts";
import { operationFailure } from "../client/operation.ts";
import type { OperationReply } from "../client/replies.ts";
import { changed, refineRefusal } from "./launch-refusal.ts";

export interface LaunchPorts {
  readonly api: Pick<
    GceApi,
    | "bulkInsertInstances"
    | "deleteInstance"
    | "disk"
    | "disks"
    | "insertInstance"
    | "instance"
    | "instances"
    | "operations"
    | "waitForOperation"
  >;
  readonly sleep: Sleep;
}

/** One launch in progress. */
export interface LaunchContext extends LaunchPorts {
  readonly launch: Launch;
  readonly project: string;
  readonly zone: string;
  readonly signal: AbortSignal;
}

/**
 * The error that explains why no machine was created.
 *
 * @throws UnknownOutcome if the request may have taken effect
 */
export function refusalOf(context: LaunchContext, caught: unknown, doing: string): SlipwayError {
  if (mayHaveHappened(caught) || context.signal.aborted) throw unknown(caught, doing);
  return refined(context, gceError(caught, { doing }));
}

/**
 * The reason why a launch's finished operation failed; null for success. It has created nothing, whatever its status: if
 * Compute Engine broke, another zone may be tried at once.
 */
export function launchFailure(
  context: LaunchContext,
  operation: OperationReply,
  doing: string,
): SlipwayError | null {
  const failure = operationFailure(operation, doing);
  if (failure === null) return null;
  const isBroken = failure.reason === "CLOUD_UNAVAILABLE" && failure.blastRadius === "region";
  const settled = isBroken ? changed(failure, BROKEN_ZONE) : failure;
  return refined(context, settled);
}

const BROKEN_ZONE = { blastRadius: "zone", retry: "next-candidate" } as const;

function refined({ launch }: LaunchContext, error: SlipwayError): SlipwayError {
  return refineRefusal(error, launch);
}

/**
 * Whether a machine with the launch's name may exist, although its insert failed: the name is taken, or the machine was
 * not found while it was created. An operation may say the former by its status alone.
 */
export function isConflict({ reason, metadata }: SlipwayError): boolean {
  const { status } = metadata;
  return (
    reason === "NAME_CLASH" || status === 409 || (reason === "CLOUD_UNAVAILABLE" && status === 404)
  );
}

/** The result of looking up a launch's machines. An unknown result must not end the launch. */
export function unknown(caught: unknown, doing: string): UnknownOutcome {
  return new UnknownOutcome(gceError(caught, { doing }));
}

/** Whether Compute Engine refused the launch for good; an earlier try may still have created machines. */
export function isFinalRefusal(caught: unknown): boolean {
  return (
    caught instanceof GceCallFailure &&
    caught.outcome === "refused" &&
    gceError(caught, { doing: "" }).retry !== "same-token"
  );
}
