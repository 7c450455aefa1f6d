import { cancellation, createDeadline, raceWithDetach } from "../../async/cancellation.ts";
import { isSlipwayError } from "../../errors.ts";
import type { Check } from "../../plan/plan.ts";
import { failed, failedBy } from "../../substrate/check.ts";

export interface TimeLimit {
  readonly signal: AbortSignal;
  readonly milliseconds: number;
}

/** A result, or the check that failed instead. */
export type Bounded<Result> =
  | { readonly result: Result; readonly failure: null }
  | { readonly result: null; readonly failure: Check };

/**
 * Awaits a part of a diagnosis. Its error, or its silence, becomes a failed check of this name.
 *
 * @throws SlipwayError the caller's own cancellation; and defects
 */
export async function bounded<Result>(
  name: string,
  { signal, milliseconds }: TimeLimit,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Bounded<Result>> {
  using deadline = createDeadline(signal, milliseconds);
  try {
    const result = await raceWithDetach(work(deadline.signal), { signal: deadline.signal });
    return { result, failure: null };
  } catch (caught) {
    if (signal.aborted) throw cancellation(signal, "the diagnosis");
    if (deadline.signal.aborted) return { result: null, failure: silent(name, milliseconds) };
    if (isSlipwayError(caught)) return { result: null, failure: failedBy(name, caught) };
    throw caught;
  }
}

function silent(name: string, milliseconds: number): Check {
  return failed(name, {
    code: "DEADLINE_EXCEEDED",
    reason: "TIMED_OUT",
    message: `no answer within ${milliseconds / 1_000} seconds`,
    remedy: "Check the network between this machine and the service, and its proxy.",
  });
}
