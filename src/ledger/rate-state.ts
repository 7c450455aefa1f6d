import { z } from "zod";
import { READ_SELDOM } from "../json/zod-options.ts";
import type { RateState } from "../pacing/admission.ts";

/** What a ledger has kept of one limit in one scope, as it is read back. */

/** Milliseconds since the epoch; those that were counted forward have fractions. */
const time = z.number();

const bucketSchema = z
  .object({
    level: z.number(),
    at: time,
    since: time,
    still: z.object({ from: time, to: time }),
    spent: z.array(z.object({ first: time, last: time, count: z.number() })).readonly(),
  })
  .nullable();

const stateSchema: z.ZodType<RateState> = z.object({
  requests: bucketSchema,
  resources: bucketSchema,
  slowness: z.object({ halvings: z.int(), at: time, hold: time }),
  entrants: z
    .array(
      z.object({
        tenant: z.string(),
        line: z.string(),
        served: time,
        since: time.nullable(),
        until: time,
        minimum: z.number(),
      }),
    )
    .readonly(),
  held: z
    .array(
      z.object({
        id: z.int(),
        line: z.string(),
        requests: z.number(),
        resources: z.number(),
        at: time,
      }),
    )
    .readonly()
    .default([]),
  holds: z.int().default(0),
  returned: z.array(z.string()).readonly().default([]),
  seen: time,
});

/** Null for what no ledger has written. */
export function parseRateState(value: unknown): RateState | null {
  return stateSchema.safeParse(value, READ_SELDOM).data ?? null;
}
