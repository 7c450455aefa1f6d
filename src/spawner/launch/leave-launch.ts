import type { Clock } from "../../host/clock.ts";

/** For how long an answer that is on its way is waited for by somebody who leaves, in milliseconds. */
const PATIENCE = 2_000;

/** Made once: `abort` would make an error with its stack for every launch. */
const ANSWERED = new Error("the launch was answered");

/**
 * The answer of a launch, or the reason of `detach` where that is aborted and no answer comes in a moment. An adapter
 * does not give up what it has sent: whoever leaves must, and the record says that nobody has told of the launch.
 */
export async function orLeft<T>(clock: Clock, detach: AbortSignal, answer: Promise<T>): Promise<T> {
  const { promise: left, reject } = Promise.withResolvers<never>();
  let stop = (): void => undefined;
  const leave = async (answered: AbortSignal): Promise<void> => {
    await Promise.allSettled([clock.sleep(PATIENCE, answered)]);
    reject(detach.reason);
  };
  const begin = (): void => {
    const answered = new AbortController();
    stop = () => answered.abort(ANSWERED);
    void leave(answered.signal);
  };
  if (detach.aborted) begin();
  else detach.addEventListener("abort", begin, { once: true });
  try {
    return await Promise.race([answer, left]);
  } finally {
    detach.removeEventListener("abort", begin);
    // Nobody listens to what is rejected from here on.
    left.catch(() => undefined);
    stop();
  }
}
