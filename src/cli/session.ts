import type { Slipway } from "../slipway/slipway.ts";
import type { CliContext } from "./context.ts";

/** Opens Slipway for the length of one command. */
export async function withSlipway<T>(
  context: CliContext,
  use: (slipway: Slipway) => Promise<T>,
): Promise<T> {
  await using slipway = await context.openSlipway();
  return await use(slipway);
}
