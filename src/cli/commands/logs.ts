import { asSlipwayError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { interrupted, quietExit } from "../shutdown.ts";
import { withSlipway } from "../session.ts";

/** Copies the machine's output to standard output unchanged; control characters are passed through on purpose. */
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
      using reminder = context.progress.ifSilent("waiting for the machine's output");
      for await (const piece of slipway.logs(spawnId, request)) {
        reminder[Symbol.dispose]();
        await context.stdout.write(piece);
        if (signal.aborted) break;
      }
    });
  } catch (caught) {
    const wasInterrupted =
      follow && context.interrupt.aborted && asSlipwayError(caught).code === "CANCELLED";
    throw wasInterrupted ? quietExit() : caught;
  }
  if (context.interrupt.aborted) throw follow ? quietExit() : interrupted();
}
