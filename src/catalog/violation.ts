/** Violations of a kind's rules, which are collected and reported together. */
import { invalidArgument, type SlipwayError } from "../errors.ts";
import { snakeCaseName } from "../json/field-case.ts";
import type { CatalogKind } from "./kinds.ts";
import { closestTo } from "./suggestions.ts";

/** A record's body before validation: camelCase names and values of any type. */
export type LooseFields = Readonly<Record<string, unknown>>;

export interface Violation {
  /** In camelCase, from the body's root. */
  readonly path: readonly PropertyKey[];
  /** The whole message, including the field's name in snake_case. */
  readonly message: string;
  readonly remedy?: string;
  /** Of an unknown field, the path that it probably means. */
  readonly meant?: readonly PropertyKey[];
  /** Of a missing field, other paths that would do as well. */
  readonly alternatives?: readonly (readonly PropertyKey[])[];
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
    /** The values that the field accepts, if they are few. */
    readonly choices?: readonly string[];
  },
): Rule {
  return (fields) => {
    const value = fields[field];
    if (!rule.broken(value, fields)) return [];
    const { remedy } = valueRemedy(snakeCaseName(field), value, rule.choices ?? []);
    return [
      {
        path: [field],
        message: rule.message,
        remedy: remedy === undefined ? rule.remedy : `${rule.remedy} ${remedy}`,
      },
    ];
  };
}

/** A plain word. Other texts say little in an error, and an address may have a password in it. */
const SHOWN_VALUE = /^[\w. -]{1,32}$/;

/**
 * Names the field's value and, if it has few, the values to choose from.
 *
 * @param form how else to write the value
 */
export function valueRemedy(
  field: string,
  value: unknown,
  choices: readonly string[],
  form: string | null = null,
): { readonly remedy?: string } {
  const shown = shownValue(value);
  if (shown === null) return {};
  const meant = typeof value === "string" ? closestTo(value, choices) : null;
  const advice = meant === null ? choicesText(choices) : ` Did you mean ${meant}?`;
  return { remedy: `\`${field}\` is ${shown}.${advice}${form === null ? "" : ` Write ${form}.`}` };
}

function choicesText(choices: readonly string[]): string {
  return choices.length === 0 ? "" : ` Write ${choices.join(" or ")}.`;
}

function shownValue(value: unknown): string | null {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && SHOWN_VALUE.test(value) ? JSON.stringify(value) : null;
}

export function isFields(value: unknown): value is LooseFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
