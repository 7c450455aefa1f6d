import { z } from "zod";
import type { CommandResult } from "./command-line.ts";

const document = z.strictObject({
  error: z.looseObject({
    code: z.string(),
    reason: z.string(),
    message: z.string(),
    remedy: z.string(),
    blast_radius: z.string(),
    checks: z
      .array(
        z.looseObject({
          name: z.string(),
          outcome: z.string(),
          reason: z.string().optional(),
          remedy: z.string().optional(),
        }),
      )
      .optional(),
  }),
});

/** The error that a command prints with `-o json`. */
export type PrintedError = z.infer<typeof document>["error"];

/** Parses standard error, which holds nothing but the error. */
export function printedError({ stderr }: Pick<CommandResult, "stderr">): PrintedError {
  return document.parse(JSON.parse(stderr)).error;
}
