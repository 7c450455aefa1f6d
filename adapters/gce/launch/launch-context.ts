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

/** One launch on its way. */
export interface LaunchContext extends LaunchPorts {
  readonly launch: Launch;
  readonly project: string;
  readonly zone: string;
  readonly signal: AbortSignal;
}

/**
 * Why nothing was made, as an error.
 *
 * @throws UnknownOutcome where the request may have done what it was sent for
 */
export function refusalOf(context: LaunchContext, caught: unknown, doing: string): SlipwayError {
  if (mayHaveHappened(caught) || context.signal.aborted) throw unknown(caught, doing);
  return gceError(caught, { doing });
}

/** What came of looking at what a launch has made: not to know is no reason to give it up. */
export function unknown(caught: unknown, doing: string): UnknownOutcome {
  return new UnknownOutcome(gceError(caught, { doing }));
}

/** True where Compute Engine has answered that it will not, now or later: an earlier try may have left something. */
export function isFinalRefusal(caught: unknown): boolean {
  return (
    caught instanceof GceCallFailure &&
    caught.outcome === "refused" &&
    gceError(caught, { doing: "" }).retry !== "same-token"
  );
}
