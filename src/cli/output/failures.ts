import { SlipwayError } from "../../errors.ts";
import type { JsonObject, JsonValue } from "../../errors.ts";

/** The failure of one of several subjects of a command. */
export interface Failure {
  readonly name: string;
  readonly error: SlipwayError;
}

/** A command for several subjects. */
export interface Batch {
  /** The number of subjects. */
  readonly tried: number;
  /** Such as `spawns could not be terminated`. */
  readonly consequence: string;
  /**
   * With it, people see the failures grouped by reason, with one example of each. The command shows all of them; null if
   * there is none.
   */
  readonly listCommand?: string | null;
}

/**
 * Combines the failures of several subjects into one error that has the first failure's code and lists all of them.
 *
 * @returns null if nothing failed
 */
export function combineFailures(
  failures: readonly Failure[],
  { tried, consequence, listCommand }: Batch,
): SlipwayError | null {
  const [first] = failures;
  if (first === undefined) return null;
  if (tried === 1) return first.error;
  const { code, reason, remedy, blastRadius, retry, metadata, checks } = first.error;
  return new SlipwayError({
    code,
    reason,
    message: `${failures.length} of ${tried} ${consequence}`,
    ...(remedy === null ? {} : { remedy }),
    blastRadius,
    retry,
    metadata: {
      ...metadata,
      failures: failures.map(({ name, error }) => ({
        name,
        code: error.code,
        reason: error.reason,
        message: error.message,
        remedy: error.remedy,
      })),
      ...(listCommand === undefined ? {} : { list_command: listCommand }),
    },
    ...(checks === null ? {} : { checks }),
  });
}

/** Failures with the same reason. */
export interface FailureGroup {
  readonly count: number;
  readonly reason: string;
  /** The first of them. */
  readonly example: { readonly name: string; readonly message: string; readonly remedy: string };
}

/** Groups the failures in an error's metadata by their reason: the largest group first, then in their order. */
export function groupFailures(failures: readonly JsonObject[]): readonly FailureGroup[] {
  const groups = Map.groupBy(failures, ({ reason }) => textOf(reason));
  return [...groups]
    .map(([reason, [first, ...others]]) => ({
      count: others.length + 1,
      reason,
      example: {
        name: textOf(first?.["name"]),
        message: textOf(first?.["message"]),
        remedy: textOf(first?.["remedy"]),
      },
    }))
    .toSorted((one, other) => other.count - one.count);
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
