import { invalidArgument } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";

/** Arguments that no command would take: exit 2, reason `USAGE`. */
export function usageError(message: string, remedy: string): SlipwayError {
  return invalidArgument("USAGE", message, remedy);
}
