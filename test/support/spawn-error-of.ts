import { SlipwayError } from "../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../src/errors.ts";
import { spawnError } from "../../src/plan/error-document.ts";
import type { SpawnError } from "../../src/plan/spawn-error.ts";

/** A spawn's error; default: an unforeseen one. */
export function spawnErrorOf(options: Partial<SlipwayErrorOptions> = {}): SpawnError {
  const error = { code: "INTERNAL", reason: "INTERNAL", message: "failed", ...options } as const;
  return spawnError(new SlipwayError(error).toJSON());
}
