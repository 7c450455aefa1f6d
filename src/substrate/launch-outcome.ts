import { isSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import type { LaunchOutcome, Machine } from "./contract.ts";

/** Thrown by a launch that may have created a machine. Only the same launch with the same token may follow. */
export class UnknownOutcome extends Error {
  readonly error: SlipwayError;

  constructor(error: SlipwayError) {
    super(error.message);
    this.error = error;
  }
}

/**
 * Launches one member: its outcome is `accepted` with the machine, or that of {@link failedOutcome}.
 *
 * @throws any other error than a `SlipwayError` or an {@link UnknownOutcome}, unchanged
 */
export async function settleMember(attempt: () => Promise<Machine>): Promise<LaunchOutcome> {
  try {
    return { outcome: "accepted", machine: await attempt() };
  } catch (caught) {
    return failedOutcome(caught);
  }
}

/**
 * Turns a launch's error into a member's outcome: `unknown` for an {@link UnknownOutcome}, `rejected` for a
 * `SlipwayError`.
 *
 * @throws any other error, unchanged
 */
export function failedOutcome(caught: unknown): LaunchOutcome {
  if (caught instanceof UnknownOutcome) return { outcome: "unknown", error: caught.error };
  if (isSlipwayError(caught)) return { outcome: "rejected", error: caught };
  throw caught;
}
