/** Broken rules of a record's body, collected and told at once. */
import { invalidArgument, type SlipwayError } from "../errors.ts";
import type { CatalogKind } from "./kinds.ts";

/** A record's body while it is judged: camelCase names, values of any kind. */
export type LooseFields = Readonly<Record<string, unknown>>;

export interface Violation {
  /** In camelCase, from the body's root. */
  readonly path: readonly PropertyKey[];
  /** The whole text, with the field's printed name. */
  readonly message: string;
  readonly remedy?: string;
}

/**
 * A rule of a kind's specification. Rules are kept in the specification's order: the first broken one is the error's
 * message.
 */
export type Rule = (fields: LooseFields) => readonly Violation[];

/** Fields in the one form that rules judge, with what was already wrong about them. */
export interface Normalized {
  readonly fields: LooseFields;
  readonly violations: readonly Violation[];
}

/** `INVALID_RECORD`: the first violation is the message, `metadata.violations` holds all, in order. */
export function invalidRecord(
  kind: CatalogKind,
  violations: readonly [Violation, ...Violation[]],
): SlipwayError {
  const [first] = violations;
  return invalidArgument("INVALID_RECORD", first.message, first.remedy, {
    kind,
    violations: [...new Set(violations.map(({ message }) => message))],
  });
}

/** A rule about one top-level field that is broken in at most one way. */
export function fieldRule(
  field: string,
  rule: {
    readonly broken: (value: unknown, fields: LooseFields) => boolean;
    readonly message: string;
    readonly remedy: string;
  },
): Rule {
  return (fields) =>
    rule.broken(fields[field], fields)
      ? [{ path: [field], message: rule.message, remedy: rule.remedy }]
      : [];
}

export function isFields(value: unknown): value is LooseFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
