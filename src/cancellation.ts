import { isSlipwayError, SlipwayError } from "./errors.ts";

/**
 * What an aborted signal means, as an error of ours: the signal's own reason where it is one already,
 * `DEADLINE_EXCEEDED` for a signal of `AbortSignal.timeout`, else `CANCELLED`.
 *
 * @param what What was going on, as a noun phrase such as `the launch`.
 */
export function cancellation(signal: AbortSignal, what: string): SlipwayError {
  const reason: unknown = signal.reason;
  if (isSlipwayError(reason)) return reason;
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  return new SlipwayError({
    code: timedOut ? "DEADLINE_EXCEEDED" : "CANCELLED",
    reason: timedOut ? "TIMED_OUT" : "INTERRUPTED",
    message: timedOut ? `${what} took longer than it was given` : `${what} was cancelled`,
    cause: reason,
  });
}

/** @throws SlipwayError as {@link cancellation} makes it, once the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw cancellation(signal, what);
}
