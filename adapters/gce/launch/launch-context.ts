import type { Sleep } from "../../../src/async/cancellation.ts";
import type { SlipwayError } from "../../../src/errors.ts";
import type { Launch } from "../../../src/substrate/contract.ts";
import { UnknownOutcome } from "../../../src/substrate/launch-outcome.ts";
import type { GceApi } from "../client/api.ts";
import { gceError, mayHaveHappened } from "../errors/errors.ts";
import { GceCallFailure } from "../errors/failure.ts";

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
  return gceError(caught, { doing });
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
