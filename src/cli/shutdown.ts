import { onAbort, raceWithDetach } from "../async/cancellation.ts";
import { asSlipwayError, SlipwayError } from "../errors.ts";

export interface Shutdown {
  /** Rejects when the grace period has ended and the command must be abandoned; never resolves. */
  readonly abandoned: Promise<never>;
  /** Restarts the grace period with this many milliseconds. */
  readonly extend: (milliseconds: number) => void;
  /** Cancels the shutdown, because the command has ended. */
  readonly cancel: () => void;
}

/**
 * Abandons a command that was interrupted but does not end. The command first gets a grace period in which to report
 * how far it got. A call that cannot be cancelled can be abandoned safely, because every intent is durable before it
 * is acted on.
 *
 * @param gracePeriod milliseconds from the interrupt until the command is abandoned
 */
export function createShutdown(interrupt: AbortSignal, gracePeriod: number): Shutdown {
  const { promise: abandoned, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const extend = (milliseconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => reject(interrupted()), milliseconds);
  };
  const start = (): void => extend(gracePeriod);
  const starting = onAbort(interrupt, start);
  return {
    abandoned,
    extend,
    cancel: () => {
      starting[Symbol.dispose]();
      clearTimeout(timer);
    },
  };
}

/** Awaits work that takes no signal; throws `INTERRUPTED` as soon as the command is interrupted. */
export async function raceWithInterrupt<T>(interrupt: AbortSignal, work: Promise<T>): Promise<T> {
  return await raceWithDetach(work, { signal: interrupt, error: interrupted });
}

/** The error of an interrupted command that has nothing more specific to report. */
export function interrupted(): SlipwayError {
  return new SlipwayError({
    code: "CANCELLED",
    reason: "INTERRUPTED",
    message: "the command was interrupted",
  });
}

/** How a command ends that runs until it is interrupted: exit code 130, and no message. */
export function quietExit(): SlipwayError {
  const { code, reason, message } = interrupted();
  return new SlipwayError({ code, reason, message, metadata: { quiet: true } });
}

/** Does work that ends only with an interrupt, which is then not reported. */
export async function untilInterrupted(
  interrupt: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (caught) {
    const isInterrupt = interrupt.aborted && asSlipwayError(caught).code === "CANCELLED";
    throw isInterrupt ? quietExit() : caught;
  }
  if (interrupt.aborted) throw quietExit();
}

export function isQuietExit({ code, metadata }: SlipwayError): boolean {
  return code === "CANCELLED" && metadata["quiet"] === true;
}
