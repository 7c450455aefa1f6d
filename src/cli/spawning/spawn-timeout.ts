import { SlipwayError } from "../../errors.ts";
import type { Slipway, SpawnEstimate, WantedSpawn } from "../../slipway/slipway.ts";
import { approximateDuration } from "../arguments/duration.ts";
import type { Progress } from "../output/progress.ts";

/** A shorter wait for the provider's rates is not announced, in milliseconds. */
const SHORTEST_ANNOUNCED = 60_000;
const MINUTE = 60_000;

/**
 * Refuses a time limit that cannot be met, before anything is launched: a timeout would terminate the machines that are
 * already launched. Announces how long the launches take if that is long.
 *
 * @param timeout milliseconds; undefined: no limit
 * @throws SlipwayError `INVALID_ARGUMENT` / `TIMEOUT_TOO_SHORT`
 */
export async function checkTimeout(
  { slipway, progress }: { readonly slipway: Slipway; readonly progress: Progress },
  wanted: readonly WantedSpawn[],
  timeout: number | undefined,
): Promise<void> {
  // A single launch takes a moment.
  if (timeout === undefined && (progress.silent || wanted.length === 1)) return;
  const estimate = await slipway.estimateSpawns(wanted);
  const { launchMilliseconds } = estimate;
  if (timeout !== undefined && timeout < launchMilliseconds)
    throw tooShort(timeout, launching(wanted.length, estimate), launchMilliseconds);
  if (launchMilliseconds >= SHORTEST_ANNOUNCED) progress.hint(launching(wanted.length, estimate));
}

/** `launching 10000 machines takes about 75 min, as RunInstances of account 1234 in us-east-1 allows` */
function launching(count: number, { launchMilliseconds, limit }: SpawnEstimate): string {
  const machines = count === 1 ? "a machine" : `${count} machines`;
  return `launching ${machines} takes about ${approximateDuration(launchMilliseconds)}, as ${limit ?? "the provider"} allows`;
}

function tooShort(timeout: number, what: string, launchMilliseconds: number): SlipwayError {
  return new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "TIMEOUT_TOO_SHORT",
    message: `--timeout of ${approximateDuration(timeout)} is too short: ${what}`,
    remedy: `Omit --timeout, or allow at least ${Math.ceil(launchMilliseconds / MINUTE)}m and the time that a machine needs to boot. Nothing was launched.`,
    metadata: {
      timeout_seconds: Math.ceil(timeout / 1_000),
      estimate_seconds: Math.ceil(launchMilliseconds / 1_000),
    },
  });
}
