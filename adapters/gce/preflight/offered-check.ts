import type { SlipwayError } from "../../../src/errors.ts";
import type { Check } from "../../../src/plan/plan.ts";
import { passed, warning } from "../../../src/substrate/check.ts";

/**
 * The check of something that at least one zone offers: a warning if another zone did not answer, since that zone is
 * one candidate less.
 */
export function offeredIn(
  name: string,
  offered: string,
  { whys, error }: { readonly whys: string; readonly error: SlipwayError | null },
): Check {
  const message = whys === "" ? offered : `${offered}; ${whys}`;
  if (error === null) return passed(name, message);
  const { reason, remedy } = error;
  return warning(name, { reason, message, remedy: remedy ?? "Resolve again." });
}
