import { isSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import type { LaunchOutcome, Machine } from "./contract.ts";

/** Thrown by a launch that may have made a machine or not: only the same launch, with the same token, may follow. */
export class UnknownOutcome extends Error {
  readonly error: SlipwayError;

  constructor(error: SlipwayError) {
    super(error.message);
    this.error = error;
  }
}

/**
 * The outcome of one member of a launch: accepted with its machine, or what the failure stands for.
 *
 * @throws what is neither a `SlipwayError` nor an {@link UnknownOutcome}
 */
export async function settleMember(attempt: () => Promise<Machine>): Promise<LaunchOutcome> {
  try {
    return { outcome: "accepted", machine: await attempt() };
  } catch (caught) {
    return failedOutcome(caught);
  }
}

/**
 * What a failure of a launch says about a member: `unknown` for an {@link UnknownOutcome}, `rejected` for any other
 * `SlipwayError`.
 *
 * @throws what is neither
 */
export function failedOutcome(caught: unknown): LaunchOutcome {
  if (caught instanceof UnknownOutcome) return { outcome: "unknown", error: caught.error };
  if (isSlipwayError(caught)) return { outcome: "rejected", error: caught };
  throw caught;
}
