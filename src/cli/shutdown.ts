import { SlipwayError } from "../errors.ts";

export interface Departure {
  /** Rejects when the command is to be left although it is still under way; never resolves. */
  readonly left: Promise<never>;
  /** Leaves after so many milliseconds from now instead, where the command is being left. */
  readonly extend: (milliseconds: number) => void;
  /** Forgets about leaving: the command has ended. */
  readonly stay: () => void;
}

/**
 * The way out of a command that was interrupted and does not end by itself. It is given a moment to say in its own
 * words how far it came; what hangs in a call that cannot be cancelled is left there: everything that matters is
 * durable before it is tried.
 *
 * @param patience milliseconds between the interrupt and leaving
 */
export function createDeparture(interrupt: AbortSignal, patience: number): Departure {
  const { promise: left, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const extend = (milliseconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => reject(interrupted()), milliseconds);
  };
  const depart = (): void => extend(patience);
  if (interrupt.aborted) depart();
  else interrupt.addEventListener("abort", depart, { once: true });
  return {
    left,
    extend,
    stay: () => {
      interrupt.removeEventListener("abort", depart);
      clearTimeout(timer);
    },
  };
}

/** The outcome of work that knows of no signal, or `INTERRUPTED` as soon as the command is: it is left to itself. */
export async function orInterrupted<T>(interrupt: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(interrupted());
  if (interrupt.aborted) leave();
  interrupt.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    interrupt.removeEventListener("abort", leave);
  }
}

/** What an interrupted command ends with when it has no words of its own. */
export function interrupted(): SlipwayError {
  return new SlipwayError({
    code: "CANCELLED",
    reason: "INTERRUPTED",
    message: "the command was interrupted",
  });
}

/** How a command ends that goes on until it is interrupted: with that exit code, and without a word. */
export function leftQuietly(): SlipwayError {
  const { code, reason, message } = interrupted();
  return new SlipwayError({ code, reason, message, metadata: { quiet: true } });
}

export function isLeftQuietly({ code, metadata }: SlipwayError): boolean {
  return code === "CANCELLED" && metadata["quiet"] === true;
}
