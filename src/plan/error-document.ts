import { z } from "zod";
import { once } from "../async/memoize.ts";
import { BLAST_RADII, ERROR_CODES, ERROR_REASONS, RETRY_VERDICTS } from "../errors.ts";
import { checkSchema } from "./plan-document.ts";

/** An error as the command line prints it under `error` and as the ledger stores it, in camelCase. */
export const errorSchema = once(() =>
  z.strictObject({
    code: z.enum(ERROR_CODES),
    reason: z.enum(ERROR_REASONS),
    message: z.string(),
    remedy: z.string().nullable(),
    blastRadius: z.enum(BLAST_RADII),
    retry: z.enum(RETRY_VERDICTS),
    metadata: z.record(z.string(), z.json()),
    checks: z.array(checkSchema()).exactOptional(),
  }),
);
