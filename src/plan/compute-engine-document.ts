/** The schemas of a Compute Engine machine's options in a saved plan. */
import { z } from "zod";
import { once } from "../async/memoize.ts";
import { TERMINATION_ACTIONS } from "./compute-engine.ts";
import { MARKETS } from "./market.ts";

export const computeEngineFields = once(() => ({
  market: z.enum(MARKETS).exactOptional(),
  terminationAction: z.enum(TERMINATION_ACTIONS).exactOptional(),
}));
