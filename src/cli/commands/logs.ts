import { asSlipwayError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { interrupted, leftQuietly } from "../shutdown.ts";
import { withSlipway } from "../session.ts";

/** Passes the machine's own output on, byte for byte: what it means is between the machine and the terminal. */
export async function logs(
  context: CliContext,
  flags: { readonly follow: boolean; readonly tail?: number },
  spawnId: string,
): Promise<void> {
  const { follow, tail } = flags;
  const signal = AbortSignal.any([context.interrupt, context.stdout.closed]);
  const request = { follow, signal, ...(tail === undefined ? {} : { tail }) };
  try {
    await withSlipway(context, async (slipway) => {
      for await (const piece of slipway.logs(spawnId, request)) {
        await context.stdout.write(piece);
        if (signal.aborted) break;
      }
    });
  } catch (caught) {
    const wasLeft =
      follow && context.interrupt.aborted && asSlipwayError(caught).code === "CANCELLED";
    throw wasLeft ? leftQuietly() : caught;
  }
  if (context.interrupt.aborted) throw follow ? leftQuietly() : interrupted();
}
