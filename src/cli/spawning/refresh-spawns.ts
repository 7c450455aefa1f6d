import { createDeadline } from "../../async/cancellation.ts";
import { asSlipwayError } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";
import type { Slipway } from "../../slipway/slipway.ts";
import type { CliContext } from "../context.ts";

/** How long to wait for the provider before the records are shown as they are, in milliseconds. */
const TIMEOUT = 10_000;

/**
 * Updates the records of these spawns (of all live spawns if none is named) from their machines' actual state. Prints
 * a warning if a provider cannot be reached.
 *
 * @returns why the provider could not be reached, or null
 */
export async function refreshSpawns(
  context: CliContext,
  slipway: Slipway,
  spawnIds: readonly string[],
): Promise<SlipwayError | null> {
  using deadline = createDeadline(context.interrupt, TIMEOUT);
  using _reminder = context.progress.ifSilent("waiting for the provider to describe the machines");
  try {
    await slipway.refreshSpawns(spawnIds, { signal: deadline.signal });
    return null;
  } catch (caught) {
    const error = asSlipwayError(caught);
    if (error.code === "INTERNAL" || context.interrupt.aborted) throw error;
    context.progress.warn(`showing recorded state, not live state: ${error.message}`, error.remedy);
    return error;
  }
}
