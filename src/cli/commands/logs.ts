import type { CliContext } from "../context.ts";
import { interrupted } from "../departure.ts";
import { withSlipway } from "../session.ts";

/** Passes the machine's own output on, byte for byte: what it means is between the machine and the terminal. */
export async function logs(
  context: CliContext,
  flags: { readonly follow: boolean; readonly tail?: number },
  spawnId: string,
): Promise<void> {
  const { follow, tail } = flags;
  const signal = AbortSignal.any([context.interrupt, context.stdout.closed]);
  await withSlipway(context, async (slipway) => {
    const pieces = slipway.logs(spawnId, {
      follow,
      signal,
      ...(tail === undefined ? {} : { tail }),
    });
    for await (const piece of pieces) {
      await context.stdout.write(piece);
      if (signal.aborted) break;
    }
  });
  if (context.interrupt.aborted) throw interrupted();
}
