import { isSlipwayError, SlipwayError } from "../errors.ts";

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
    remedy: timedOut
      ? "Run it again, with more time where what it waited for is only slow."
      : "Run it again when you are ready.",
    cause: reason,
  });
}

/** @throws SlipwayError as {@link cancellation} makes it, once the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw cancellation(signal, what);
}

/** A caller's signal with a time of its own beside it. Its clock runs until it is disposed of. */
export interface Deadline extends Disposable {
  /** Aborted as the caller's signal is, or with a `TimeoutError` when the time is over. */
  readonly signal: AbortSignal;
}

/**
 * Not `AbortSignal.any` over `AbortSignal.timeout`: what nobody listens to at that moment forgets that its time ran out
 * as soon as the timeout's own signal is collected (Node 24.21), and is then waited for without any end.
 */
export function createDeadline(signal: AbortSignal, milliseconds: number): Deadline {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal.reason);
  const expire = (): void =>
    controller.abort(new DOMException("the time given ran out", "TimeoutError"));
  const timer = setTimeout(expire, milliseconds);
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", follow);
    },
  };
}

/** One signal for all who wait for the same two. */
interface Joined {
  readonly controller: AbortController;
  readonly leave: () => void;
  users: number;
}

const joined = new WeakMap<AbortSignal, WeakMap<AbortSignal, Joined>>();

/**
 * Aborted as soon as one of two is. Not `AbortSignal.any`: see `createDeadline`. Whoever asks for the same two has the
 * same signal, so that a crowd does not cost a controller and two listeners each.
 */
export function anyOf(
  first: AbortSignal,
  second: AbortSignal,
): Disposable & { readonly signal: AbortSignal } {
  if (first === second) return { signal: first, [Symbol.dispose]: () => undefined };
  const seconds = joined.get(first) ?? new WeakMap<AbortSignal, Joined>();
  joined.set(first, seconds);
  const both = seconds.get(second) ?? join(first, second);
  seconds.set(second, both);
  both.users += 1;
  let disposed = false;
  return {
    signal: both.controller.signal,
    [Symbol.dispose]: () => {
      if (disposed) return;
      disposed = true;
      both.users -= 1;
      if (both.users > 0) return;
      both.leave();
      seconds.delete(second);
    },
  };
}

function join(first: AbortSignal, second: AbortSignal): Joined {
  const controller = new AbortController();
  const listeners = [first, second].map((signal) => {
    const follow = (): void => controller.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener("abort", follow, { once: true });
    return () => signal.removeEventListener("abort", follow);
  });
  return { controller, leave: () => listeners.forEach((remove) => remove()), users: 0 };
}

/**
 * So many signals that are aborted as this one is, by one listener on it: for a crowd to share, as a signal looks
 * through all its listeners whenever one comes or goes. One alone is the signal itself.
 */
export function followers(
  signal: AbortSignal,
  count: number,
): Disposable & { readonly signals: readonly AbortSignal[] } {
  if (count === 1) return { signals: [signal], [Symbol.dispose]: () => undefined };
  const controllers = Array.from({ length: count }, () => new AbortController());
  const follow = (): void => {
    for (const controller of controllers) controller.abort(signal.reason);
  };
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return {
    signals: controllers.map((controller) => controller.signal),
    [Symbol.dispose]: () => signal.removeEventListener("abort", follow),
  };
}
