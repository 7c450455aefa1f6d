/** The schemas of a Compute Engine machine's options in a saved plan. */
import { z } from "zod";
import { once } from "../async/memoize.ts";
import {
  CONFIDENTIAL_TYPES,
  HOST_MAINTENANCE,
  NIC_TYPES,
  STACK_TYPES,
  TERMINATION_ACTIONS,
} from "./compute-engine.ts";
import { MARKETS } from "./market.ts";

const flag = once(() => z.boolean().exactOptional());

export const computeEngineFields = once(() => ({
  market: z.enum(MARKETS).exactOptional(),
  terminationAction: z.enum(TERMINATION_ACTIONS).exactOptional(),
  onHostMaintenance: z.enum(HOST_MAINTENANCE).exactOptional(),
  automaticRestart: flag(),
  shielded: z
    .strictObject({ secureBoot: flag(), vtpm: flag(), integrityMonitoring: flag() })
    .exactOptional(),
  reservation: z.string().exactOptional(),
  confidential: z.strictObject({ type: z.enum(CONFIDENTIAL_TYPES) }).exactOptional(),
  networkTags: z.array(z.string()).exactOptional(),
  serviceAccountScopes: z.array(z.string()).exactOptional(),
  metadata: z.record(z.string(), z.string()).exactOptional(),
  networkInterfaces: z
    .array(
      z.strictObject({
        subnet: z.string(),
        networkProject: z.string().exactOptional(),
        assignPublicIp: flag(),
        nicType: z.enum(NIC_TYPES).exactOptional(),
        stackType: z.enum(STACK_TYPES).exactOptional(),
      }),
    )
    .exactOptional(),
}));
