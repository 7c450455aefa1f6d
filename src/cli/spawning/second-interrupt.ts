import { createDeadline, onAbort } from "../../async/cancellation.ts";
import { asSlipwayError } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";
import { mapLimited } from "../../async/map-limited.ts";
import type { Slipway } from "../../slipway/slipway.ts";
import { cancelled } from "../../spawner/spawn-errors.ts";
import { isSettled } from "../../ledger/spawn-record.ts";
import type { CliContext } from "../context.ts";

/** How long to wait for a second Ctrl-C, and then for the terminations, in milliseconds. */
const WINDOW = 3_000;
const TERMINATION_TIME = 60_000;
/** More terminations at a time would not finish sooner. */
const CONCURRENCY = 64;
/** How many ids fit on a line. */
const IDS_SHOWN = 3;

/**
 * After an interrupt, offers to cancel the interrupted spawns with a second Ctrl-C. Without a TTY there is no prompt,
 * and the spawns stay recorded.
 *
 * @param spawnIds the spawns that the command waited for; those that are not recorded or have settled are ignored
 * @returns how the cancellation ended, as the error to exit with; null if the spawns were not cancelled
 */
export async function offerCancellation(
  context: CliContext,
  slipway: Slipway,
  spawnIds: readonly string[],
): Promise<SlipwayError | null> {
  const { interrupt, progress } = context;
  if (!interrupt.aborted || !progress.interactive) return null;
  const unsettled = await unsettledOf(slipway, spawnIds);
  if (unsettled.length === 0) return null;
  const second = context.nextInterrupt();
  progress.hint(
    `interrupted; ${formatIds(unsettled)} ${unsettled.length === 1 ? "stays" : "stay"} recorded. Press Ctrl-C again within ${WINDOW / 1_000} seconds to cancel and terminate ${unsettled.length === 1 ? "its machine" : "their machines"}`,
  );
  if (!(await isInterruptedAgain(second))) return null;
  context.extendGracePeriod(TERMINATION_TIME);
  progress.hint(`cancelling ${formatIds(unsettled)}`);
  const endings = await mapLimited(unsettled, CONCURRENCY, (spawnId) =>
    cancelSpawn(slipway, spawnId, second),
  );
  return endings.find(({ metadata }) => metadata["state"] !== "terminated") ?? endings[0] ?? null;
}

async function unsettledOf(
  slipway: Slipway,
  spawnIds: readonly string[],
): Promise<readonly string[]> {
  const wanted = new Set(spawnIds);
  const spawns = await slipway.listSpawns();
  return spawns
    .filter(({ spawnId, state }) => wanted.has(spawnId) && !isSettled(state))
    .map(({ spawnId }) => spawnId);
}

function formatIds(spawnIds: readonly string[]): string {
  const more = spawnIds.length - IDS_SHOWN;
  const shown = spawnIds.slice(0, IDS_SHOWN).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

async function isInterruptedAgain(second: AbortSignal): Promise<boolean> {
  using window = createDeadline(second, WINDOW);
  await new Promise<void>((resolve) => void onAbort(window.signal, resolve));
  return second.aborted;
}

async function cancelSpawn(
  slipway: Slipway,
  spawnId: string,
  second: AbortSignal,
): Promise<SlipwayError> {
  try {
    return cancelled(await slipway.terminateSpawn(spawnId), second, null);
  } catch (caught) {
    return cancelled(await slipway.describeSpawn(spawnId), second, asSlipwayError(caught));
  }
}
