/** Violations of a kind's rules, which are collected and reported together. */
import { invalidArgument, type SlipwayError } from "../errors.ts";
import type { CatalogKind } from "./kinds.ts";

/** A record's body before validation: camelCase names and values of any type. */
export type LooseFields = Readonly<Record<string, unknown>>;

export interface Violation {
  /** In camelCase, from the body's root. */
  readonly path: readonly PropertyKey[];
  /** The whole message, including the field's name in snake_case. */
  readonly message: string;
  readonly remedy?: string;
}

/** A rule of a kind's specification. Rules are in the specification's order: the first violation is the message. */
export type Rule = (fields: LooseFields) => readonly Violation[];

/** Fields in the form that rules validate, with the violations found so far. */
export interface Normalized {
  readonly fields: LooseFields;
  readonly violations: readonly Violation[];
}

/** The `INVALID_RECORD` error: the first violation is the message, `metadata.violations` has all of them in order. */
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

/** A rule about one top-level field, with at most one violation. */
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
