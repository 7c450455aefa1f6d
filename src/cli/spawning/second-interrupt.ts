import { createDeadline } from "../../async/cancellation.ts";
import { asSlipwayError } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";
import { mapLimited } from "../../async/map-limited.ts";
import type { Slipway } from "../../slipway/slipway.ts";
import { cancelled } from "../../spawner/spawn-errors.ts";
import { isSettled } from "../../ledger/spawn-record.ts";
import type { CliContext } from "../context.ts";

/** For how long a second Ctrl-C is waited for, and what it cancels may take to be taken away, in milliseconds. */
const WINDOW = 3_000;
const REMOVAL = 60_000;
/** More would not make a provider quicker. */
const AT_ONCE = 64;
/** Ids that a line has room for. */
const NAMED = 3;

/**
 * Offers a person who has interrupted spawns to cancel them by a second Ctrl-C. Off a terminal there is nobody to ask:
 * they stay recorded.
 *
 * @param spawnIds those that were waited for; what is not recorded, or has settled, is no matter any more
 * @returns how the cancellation ended, as the error to leave with; null where the spawns stay
 */
export async function offerCancellation(
  context: CliContext,
  slipway: Slipway,
  spawnIds: readonly string[],
): Promise<SlipwayError | null> {
  const { interrupt, notices } = context;
  if (!interrupt.aborted || !notices.interactive) return null;
  const unsettled = await unsettledOf(slipway, spawnIds);
  if (unsettled.length === 0) return null;
  const second = context.nextInterrupt();
  notices.hint(
    `interrupted; ${named(unsettled)} ${unsettled.length === 1 ? "stays" : "stay"} recorded. Ctrl-C again within ${WINDOW / 1_000} seconds cancels, and terminates what was launched`,
  );
  if (!(await isAborted(second))) return null;
  context.takeTime(REMOVAL);
  notices.hint("cancelling");
  const endings = await mapLimited(unsettled, AT_ONCE, (spawnId) => end(slipway, spawnId, second));
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

function named(spawnIds: readonly string[]): string {
  const more = spawnIds.length - NAMED;
  const shown = spawnIds.slice(0, NAMED).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

async function isAborted(second: AbortSignal): Promise<boolean> {
  using window = createDeadline(second, WINDOW);
  const { promise, resolve } = Promise.withResolvers<void>();
  window.signal.addEventListener("abort", () => resolve(), { once: true });
  if (!window.signal.aborted) await promise;
  return second.aborted;
}

async function end(slipway: Slipway, spawnId: string, second: AbortSignal): Promise<SlipwayError> {
  try {
    return cancelled(await slipway.terminateSpawn(spawnId), second, null);
  } catch (caught) {
    const { state } = await slipway.describeSpawn(spawnId);
    return cancelled({ spawnId, state }, second, asSlipwayError(caught));
  }
}
