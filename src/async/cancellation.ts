import { isSlipwayError, SlipwayError } from "../errors.ts";

/**
 * The error that an aborted signal stands for: its reason if that is a `SlipwayError` already, `DEADLINE_EXCEEDED` for
 * a timeout, otherwise `CANCELLED`.
 *
 * @param what the work that was aborted, as a noun phrase such as `the launch`
 */
export function cancellation(signal: AbortSignal, what: string): SlipwayError {
  const reason: unknown = signal.reason;
  if (isSlipwayError(reason)) return reason;
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  return new SlipwayError({
    code: timedOut ? "DEADLINE_EXCEEDED" : "CANCELLED",
    reason: timedOut ? "TIMED_OUT" : "INTERRUPTED",
    message: timedOut ? `${what} timed out` : `${what} was cancelled`,
    remedy: timedOut
      ? "Run it again, with a longer timeout if that may be enough."
      : "Run it again when you are ready.",
    cause: reason,
  });
}

/** @throws SlipwayError {@link cancellation} if the signal is aborted */
export function throwIfCancelled(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw cancellation(signal, what);
}

/**
 * Calls the listener when the signal is aborted, or at once if it already is. Disposing of the result removes the
 * listener.
 */
export function onAbort(signal: AbortSignal, listener: () => void): Disposable {
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", listener) };
}

/** How a caller leaves work that it shares with others. */
export interface Detach {
  readonly signal: AbortSignal;
  /** Creates the error that the caller gets. Default: the signal's reason. */
  readonly error?: () => unknown;
  /**
   * How long the caller still waits for the work after the abort: until this promise settles. It is given a signal
   * that is aborted once the work has settled. Default: the caller does not wait.
   */
  readonly grace?: (settled: AbortSignal) => Promise<void>;
}

/** Created once: an error with its own stack would cost more than the race. */
const SETTLED = new Error("the work has settled");

/**
 * The outcome of work that others may share. Once the signal is aborted, the caller gets an error instead and the work
 * goes on; a later failure of the work is then ignored here.
 */
export async function raceWithDetach<Result>(
  work: Promise<Result>,
  { signal, error = () => signal.reason, grace }: Detach,
): Promise<Result> {
  const { promise: detached, reject } = Promise.withResolvers<never>();
  let settle = (): void => undefined;
  const wait = async (settled: AbortController): Promise<void> => {
    await Promise.allSettled([grace?.(settled.signal)]);
    reject(error());
  };
  const detach = (): void => {
    if (grace === undefined) return reject(error());
    const settled = new AbortController();
    settle = () => settled.abort(SETTLED);
    return void wait(settled);
  };
  using _listening = onAbort(signal, detach);
  try {
    // The abort comes first: a caller that has left is not given what had settled before.
    return await Promise.race([detached, work]);
  } finally {
    settle();
  }
}

/** Rejects if the signal is aborted before the milliseconds have passed. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/**
 * Sleeps in the middle of some work.
 *
 * @throws SlipwayError {@link cancellation} if the signal is aborted, whatever the sleep makes of that
 */
export async function pause(
  sleep: Sleep,
  milliseconds: number,
  { signal, what }: { readonly signal: AbortSignal; readonly what: string },
): Promise<void> {
  try {
    await raceWithDetach(sleep(milliseconds, signal), { signal });
  } catch (caught) {
    throwIfCancelled(signal, what);
    throw caught;
  }
}

/** A caller's signal combined with a time limit. Its timer runs until it is disposed of. */
export interface Deadline extends Disposable {
  /** Aborted with the caller's signal, or with a `TimeoutError` when the time is over. */
  readonly signal: AbortSignal;
}

/** The reason of a signal whose time is over. */
export function timeoutReason(): DOMException {
  return new DOMException("the time limit has passed", "TimeoutError");
}

/**
 * Not `AbortSignal.any` over `AbortSignal.timeout`: in Node 24.21 a combined signal without listeners misses the
 * timeout if the timeout's own signal was garbage-collected first, and a later listener then waits forever.
 *
 * @param milliseconds null: no time limit
 */
export function createDeadline(signal: AbortSignal, milliseconds: number | null): Deadline {
  const controller = new AbortController();
  const expire = (): void => controller.abort(timeoutReason());
  const timer = milliseconds === null ? undefined : setTimeout(expire, milliseconds);
  const following = onAbort(signal, () => controller.abort(signal.reason));
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      following[Symbol.dispose]();
    },
  };
}

/** One signal that all users of the same pair share. */
interface Joined {
  readonly controller: AbortController;
  readonly following: readonly Disposable[];
  users: number;
}

const joined = new WeakMap<AbortSignal, WeakMap<AbortSignal, Joined>>();

/**
 * A signal that is aborted when either of two is. Not `AbortSignal.any`, for the reason given at `createDeadline`.
 * Callers with the same pair get the same signal, so that a thousand callers do not cost a thousand controllers and
 * two listeners each.
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
      for (const each of both.following) each[Symbol.dispose]();
      seconds.delete(second);
    },
  };
}

function join(first: AbortSignal, second: AbortSignal): Joined {
  const controller = new AbortController();
  const following = [first, second].map((signal) =>
    onAbort(signal, () => controller.abort(signal.reason)),
  );
  return { controller, following, users: 0 };
}

/** How many callers share one signal: adding and removing listeners takes time quadratic in their number. */
const LISTENERS = 64;

/**
 * Signals that are aborted when the given one is, for many callers: each listens to the one that `signalOf` returns for
 * its place. Node walks through all listeners of a signal whenever one is added or removed.
 */
export function crowdSignals(
  signal: AbortSignal,
  callers: number,
): Disposable & { readonly signalOf: (place: number) => AbortSignal } {
  const crowds = Math.ceil(callers / LISTENERS);
  if (crowds <= 1) return { signalOf: () => signal, [Symbol.dispose]: () => undefined };
  const controllers = Array.from({ length: crowds }, () => new AbortController());
  const following = onAbort(signal, () => {
    for (const controller of controllers) controller.abort(signal.reason);
  });
  return {
    signalOf: (place) => controllers[Math.floor(place / LISTENERS)]?.signal ?? signal,
    [Symbol.dispose]: () => following[Symbol.dispose](),
  };
}
