import { throwIfCancelled } from "../../../src/async/cancellation.ts";

/** Waits so many milliseconds; rejects where the signal is aborted meanwhile. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export interface PauseRequest {
  readonly sleep: Sleep;
  readonly milliseconds: number;
  readonly signal: AbortSignal;
  /** What was going on, as a noun phrase. */
  readonly during: string;
}

/** @throws SlipwayError `CANCELLED` where the signal is aborted during the pause */
export async function pause({ sleep, milliseconds, signal, during }: PauseRequest): Promise<void> {
  try {
    await sleep(milliseconds, signal);
  } catch (caught) {
    throwIfCancelled(signal, during);
    throw caught;
  }
  throwIfCancelled(signal, during);
}
