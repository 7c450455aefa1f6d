/** The options of Compute Engine machines in placements. */
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import { TERMINATION_ACTIONS } from "../../plan/compute-engine.ts";
import type { ComputeEngineOptions } from "../../plan/compute-engine.ts";
import { MARKETS } from "../../plan/market.ts";

const oneOf = <T extends string>(values: readonly T[]) =>
  z.enum(values, `must be one of ${values.join(", ")}`).exactOptional();

/** The options that the placement sets. */
export const computeEngineFields = once(() => ({
  market: oneOf(MARKETS),
  terminationAction: oneOf(TERMINATION_ACTIONS),
}));

/** A value that another option contradicts. The message says what to write instead. */
export interface ComputeEngineClash {
  readonly path: readonly string[];
  readonly message: string;
}

/** https://cloud.google.com/compute/docs/instances/spot#limitations */
export function computeEngineClashes({
  market = "ON_DEMAND",
  terminationAction,
}: ComputeEngineOptions): readonly ComputeEngineClash[] {
  const clashes: ComputeEngineClash[] = [];
  if (market === "ON_DEMAND" && terminationAction !== undefined)
    clashes.push({
      path: ["terminationAction"],
      message:
        "is for spot machines only: set market to SPOT or SPOT_THEN_ON_DEMAND, or leave it out",
    });
  return clashes;
}
