import type { SlipwayErrorOptions } from "../../../src/errors.ts";

/** The interpretation of an error from EC2 or STS: everything in a `SlipwayError` except its message. */
export type CloudVerdict = Required<
  Pick<SlipwayErrorOptions, "code" | "reason" | "remedy" | "blastRadius" | "retry">
>;

export interface CloudRule {
  /** The provider's error codes. Each code is in exactly one rule. */
  readonly codes: readonly string[];
  readonly verdict: CloudVerdict;
}
