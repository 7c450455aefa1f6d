import { usageError } from "../arguments/flags.ts";
import type { CliContext } from "../context.ts";
import { SECRET_ACTIONS } from "../help/proposals.ts";
import { withSlipway } from "../session.ts";
import { quoted } from "../terminal-text.ts";

export async function secrets(context: CliContext, _flags: object, action: string): Promise<void> {
  if (!SECRET_ACTIONS.some((known) => known === action))
    throw usageError(
      `secrets has no action ${quoted(action)}`,
      "Write slipway secrets rotate-key.",
    );
  await withSlipway(context, async (slipway) => {
    const { keyId, resealed } = await slipway.rotateKey();
    await context.print({
      value: { key_id: keyId, resealed },
      table: () => `key ${keyId} seals all secrets now (${resealed} sealed again)\n`,
    });
  });
}
