import { createDeadline } from "../../async/cancellation.ts";
import { asSlipwayError } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";
import type { Slipway } from "../../slipway/slipway.ts";
import type { CliContext } from "../context.ts";

/** For how long a record waits for its provider, in milliseconds: it is worth showing as it is. */
const PATIENCE = 10_000;

/**
 * Looks at the machines of these spawns (all that live where none is named) before their records are shown. Where a
 * provider cannot be asked, the reader is warned.
 *
 * @returns why it could not be asked; null where it could
 */
export async function refreshSpawns(
  context: CliContext,
  slipway: Slipway,
  spawnIds: readonly string[],
): Promise<SlipwayError | null> {
  using deadline = createDeadline(context.interrupt, PATIENCE);
  try {
    await slipway.refreshSpawns(spawnIds, { signal: deadline.signal });
    return null;
  } catch (caught) {
    const error = asSlipwayError(caught);
    if (error.code === "INTERNAL" || context.interrupt.aborted) throw error;
    context.notices.warn(`shown as recorded, not as it is now: ${error.message}`, error.remedy);
    return error;
  }
}
