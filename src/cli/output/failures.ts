import { SlipwayError } from "../../errors.ts";

/** The failure of one of several subjects of a command. */
export interface Failure {
  readonly name: string;
  readonly error: SlipwayError;
}

/**
 * Combines the failures of several subjects into one error that has the first failure's code and lists all of them.
 *
 * @param consequence such as `spawns could not be terminated`
 * @returns null if nothing failed
 */
export function combineFailures(
  failures: readonly Failure[],
  tried: number,
  consequence: string,
): SlipwayError | null {
  const [first] = failures;
  if (first === undefined) return null;
  if (tried === 1) return first.error;
  const { code, reason, remedy } = first.error;
  return new SlipwayError({
    code,
    reason,
    message: `${failures.length} of ${tried} ${consequence}`,
    ...(remedy === null ? {} : { remedy }),
    metadata: {
      failures: failures.map(({ name, error }) => ({
        name,
        code: error.code,
        reason: error.reason,
        message: error.message,
        remedy: error.remedy,
      })),
    },
  });
}
