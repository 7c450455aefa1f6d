import type { Check } from "../plan/plan.ts";

/** The checks of one of a plan's machine types. */
export interface TypeChecks {
  readonly name: string;
  readonly checks: readonly Check[];
}

/**
 * The checks of a plan's machine types in one list. Of several types, the checks that passed are put together. A type
 * that fails one of the `ruling` checks is only a warning while another type passes them all, because its candidates
 * are rejected; every other failure is about the record.
 */
export function checksOfTypes(
  types: readonly TypeChecks[],
  ruling: ReadonlySet<string>,
): readonly Check[] {
  const [only] = types;
  if (only === undefined || types.length === 1) return only?.checks ?? [];
  const isOneLeft = types.some(({ checks }) => refusalOfType(checks, ruling) === null);
  const all = types.flatMap(({ checks }) => checks);
  return [...Map.groupBy(all, ({ name }) => name).values()].flatMap((checks) => [
    ...together(checks, "passed"),
    ...together(checks, "skipped"),
    ...distinct(checks).flatMap((check) => {
      if (check.outcome === "passed" || check.outcome === "skipped") return [];
      return [isOneLeft && ruling.has(check.name) ? demoted(check) : check];
    }),
  ]);
}

/** The first check that makes a type unusable; null if there is none. */
export function refusalOfType(checks: readonly Check[], ruling: ReadonlySet<string>): Check | null {
  return checks.find(({ name, outcome }) => outcome === "failed" && ruling.has(name)) ?? null;
}

/** The checks of one outcome as one. */
function together(checks: readonly Check[], outcome: "passed" | "skipped"): readonly Check[] {
  const alike = checks.filter((check) => check.outcome === outcome);
  const [first] = alike;
  if (first === undefined) return [];
  const messages = new Set(alike.map(({ message }) => message));
  return [{ ...first, message: [...messages].join("; ") }];
}

/** A fault of all types, such as an unknown disk type, is reported once. */
function distinct(checks: readonly Check[]): readonly Check[] {
  return [...new Map(checks.map((check) => [check.message, check])).values()];
}

function demoted(check: Check): Check {
  const { name, code, reason, message, remedy } = check;
  return {
    name,
    outcome: check.outcome === "failed" ? "warning" : check.outcome,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    message,
    ...(remedy === undefined ? {} : { remedy }),
  };
}
