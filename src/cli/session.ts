import type { Slipway } from "../slipway/slipway.ts";
import type { CliContext } from "./context.ts";

/** Opens Slipway for the duration of one command. */
export async function withSlipway<T>(
  context: CliContext,
  use: (slipway: Slipway) => Promise<T>,
): Promise<T> {
  await using slipway = await context.openSlipway();
  return await use(slipway);
}
