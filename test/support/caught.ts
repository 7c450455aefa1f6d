import { isSlipwayError } from "../../src/errors.ts";
import type { SlipwayError } from "../../src/errors.ts";

/** The error of ours that the action fails with; anything else fails the test. */
export async function caughtError(action: () => unknown): Promise<SlipwayError> {
  try {
    await action();
  } catch (caught) {
    if (isSlipwayError(caught)) return caught;
    throw caught;
  }
  throw new Error("the action succeeded, where it should have failed");
}
