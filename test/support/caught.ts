import { isSlipwayError } from "../../src/errors.ts";
import type { SlipwayError } from "../../src/errors.ts";

/** The SlipwayError that the action fails with; any other outcome fails the test. */
export async function caughtError(action: () => unknown): Promise<SlipwayError> {
  try {
    await action();
  } catch (caught) {
    if (isSlipwayError(caught)) return caught;
    throw caught;
  }
  throw new Error("the action should have failed but succeeded");
}
