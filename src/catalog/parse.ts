import type { z } from "zod";
import { SlipwayError } from "../errors.ts";
import type { JsonObject } from "../errors.ts";
import { deepFreeze } from "../plan/plan.ts";
import { WITHOUT_COMPILING } from "../json/zod-options.ts";
import { snakeCaseName } from "../json/field-case.ts";
import { normalizeBody, printedPath, printedText } from "./body.ts";
import type { NormalizedBody } from "./body.ts";
import type { CatalogKind, CatalogKinds } from "./kinds.ts";
import { normalizeArchitecture } from "./schemas/common.ts";
import { bakedRule, handWrittenRule, imageRules, imageSchema } from "./schemas/image.ts";
import {
  environmentRules,
  environmentSchema,
  machineTypeRules,
  machineTypeSchema,
} from "./schemas/machine.ts";
import { diskTypeRules, diskTypeSchema } from "./schemas/disk.ts";
import { normalizePlacement, placementRules, placementSchema } from "./schemas/placement.ts";
import { secretRules, secretSchema } from "./schemas/secret.ts";
import { workspaceRules, workspaceSchema } from "./schemas/workspace.ts";
import { fieldsAt } from "./schema-fields.ts";
import { closestTo } from "./suggestions.ts";
import { invalidRecord, isFields, valueRemedy } from "./violation.ts";
import type { LooseFields, Normalized, Rule, Violation } from "./violation.ts";

// Parses a body or a stored record into a typed record. All violations are reported together, the first as the message.

/** How a kind is validated: first the rules of its specification in order, then its strict schema. */
interface KindParser<K extends CatalogKind> {
  readonly rules: readonly Rule[];
  /** Additional rules for bodies that users write. */
  readonly handWritten?: readonly Rule[];
  /** Additional rules for records that Slipway itself writes, and for stored records. */
  readonly own?: readonly Rule[];
  readonly normalize?: (fields: LooseFields) => Normalized;
  /** Built when the first record of the kind is parsed. */
  readonly schema: () => z.ZodType<CatalogKinds[K]>;
}

const PARSERS: { readonly [K in CatalogKind]: KindParser<K> } = {
  image: {
    rules: imageRules,
    handWritten: [handWrittenRule],
    own: [bakedRule],
    normalize: normalizeArchitecture,
    schema: imageSchema,
  },
  workspace: { rules: workspaceRules, schema: workspaceSchema },
  placement: { rules: placementRules, normalize: normalizePlacement, schema: placementSchema },
  environment: { rules: environmentRules, schema: environmentSchema },
  "machine-type": {
    rules: machineTypeRules,
    normalize: normalizeArchitecture,
    schema: machineTypeSchema,
  },
  "disk-type": { rules: diskTypeRules, schema: diskTypeSchema },
  secret: { rules: secretRules, schema: secretSchema },
};

/** The schema of a kind's fields, in camelCase. */
export function schemaOf<K extends CatalogKind>(kind: K): z.ZodType<CatalogKinds[K]> {
  return PARSERS[kind].schema();
}

/**
 * Parses a body that a user wrote, in snake_case or camelCase, for `set` or `patch`.
 *
 * @param name if given, the body must have this name
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_RECORD`
 */
export function parseBody<K extends CatalogKind>(
  kind: K,
  body: unknown,
  name?: string,
): CatalogKinds[K] {
  const { handWritten = [] } = PARSERS[kind];
  return parse(kind, body, [...handWritten, ...(name === undefined ? [] : [nameRule(name)])]);
}

/**
 * Parses a record that Slipway itself writes, such as a baked image: the same rules, except that provenance is allowed.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_RECORD`
 */
export function parseOwn<K extends CatalogKind>(kind: K, body: unknown): CatalogKinds[K] {
  return parse(kind, body, PARSERS[kind].own ?? []);
}

/** Parses a record's stored fields (snake_case) and validates them again. */
export function parseStored<K extends CatalogKind>(
  kind: K,
  name: string,
  fields: JsonObject,
): CatalogKinds[K] {
  try {
    return parse(kind, fields, [...(PARSERS[kind].own ?? []), nameRule(name)]);
  } catch (caught) {
    if (!(caught instanceof SlipwayError) || caught.reason !== "INVALID_RECORD") throw caught;
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_DAMAGED",
      message: `the stored ${kind} ${name} violates the catalog's rules: ${caught.message}`,
      remedy: `Set it again with \`slipway set ${kind} ${name}\`.`,
      metadata: { kind, name, violations: caught.metadata["violations"] ?? [] },
    });
  }
}

function parse<K extends CatalogKind>(
  kind: K,
  body: unknown,
  rulesOnTop: readonly Rule[],
): CatalogKinds[K] {
  const parser: KindParser<K> = PARSERS[kind];
  // An empty document is a resource without fields.
  const given = body ?? {};
  if (!isFields(given))
    throw invalidRecord(kind, [{ path: [], message: "the resource must be a map of fields" }]);
  const normalized = normalizeBody(given);
  const { fields, violations } = parser.normalize?.(normalized.fields) ?? {
    fields: normalized.fields,
    violations: [],
  };
  const broken = [...parser.rules, ...rulesOnTop].flatMap((rule) => rule(fields));
  const parsed = parser.schema().safeParse(fields, WITHOUT_COMPILING);
  const { originalPaths } = normalized;
  const found = [
    ...broken,
    ...normalized.violations,
    ...violations,
    ...(parsed.success
      ? []
      : shapeViolations(parsed.error, {
          fields,
          originalPaths,
          violations: broken,
          schema: parser.schema(),
        })),
  ];
  const [first, ...others] = withoutConsequences(found, fields);
  if (first !== undefined) throw invalidRecord(kind, [first, ...others]);
  if (!parsed.success) throw new TypeError(`no rule says what is wrong with this ${kind}`);
  return deepFreeze(parsed.data);
}

function nameRule(name: string): Rule {
  return ({ name: given }) =>
    given === undefined || given === name
      ? []
      : [
          {
            path: ["name"],
            message: `name must be ${printedText(name)}, the name under which the resource is written`,
            remedy: `Use the same name in the resource and as the argument: the resource has ${printedText(typeof given === "string" ? given : JSON.stringify(given))}.`,
          },
        ];
}

/** The fields that `get` prints in addition to those that users set. */
const METADATA_FIELDS: ReadonlySet<string> = new Set([
  "generation",
  "created_at",
  "updated_at",
  "updated_by",
]);

interface ShapeContext {
  readonly fields: LooseFields;
  readonly originalPaths: NormalizedBody["originalPaths"];
  /** Violations of the specification's rules, which the schema should not report again. */
  readonly violations: readonly Violation[];
  readonly schema: z.ZodType;
}

/** A misspelt field is missing under its right name. The misspelling is the cause, and the only one of the two to correct. */
function withoutConsequences(
  violations: readonly Violation[],
  fields: LooseFields,
): readonly Violation[] {
  const meant = new Set(violations.flatMap(({ meant: path }) => (path ? [printedPath(path)] : [])));
  return violations.filter(
    ({ path, alternatives = [] }) =>
      valueAt(fields, path) !== undefined ||
      ![path, ...alternatives].some((one) => meant.has(printedPath(one))),
  );
}

function shapeViolations(error: z.ZodError, judged: ShapeContext): readonly Violation[] {
  // A misspelt field is often also missing under its right name: the misspelling is the cause.
  return error.issues
    .toSorted((left, right) => Number(isUnknownField(right)) - Number(isUnknownField(left)))
    .flatMap((issue) => shapeViolation(issue, judged))
    .filter(({ path }) => !judged.violations.some((violation) => isWithin(path, violation.path)));
}

function isUnknownField({ code }: z.core.$ZodIssue): boolean {
  return code === "unrecognized_keys";
}

function shapeViolation(
  issue: z.core.$ZodIssue,
  { fields, originalPaths, schema }: ShapeContext,
): readonly Violation[] {
  const { path } = issue;
  const field = printedText(printedPath(path));
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const unknown = printedPath([...path, key]);
      const known = fieldsAt(schema, path);
      const meant = METADATA_FIELDS.has(unknown) ? null : closestTo(key, known);
      return {
        path: [...path, key],
        message: `unknown field ${printedText(originalPaths.get(unknown) ?? unknown)}`,
        remedy: METADATA_FIELDS.has(unknown)
          ? "Remove it: the catalog sets this field itself."
          : unknownFieldRemedy(meant, path, known),
        ...(meant === null ? {} : { meant: [...path, meant] }),
      };
    });
  const value = valueAt(fields, path);
  if (value === undefined) return [{ path, message: `${field} is required` }];
  const fault = issue.code === "invalid_key" ? (issue.issues[0] ?? issue) : issue;
  return [
    {
      path,
      message: `${field}: ${describeFault(fault, value)}`,
      ...(remedyOf(fault) ??
        valueRemedy(
          field,
          value,
          choicesOf(fault),
          formOf(
            fault,
            value,
            fieldsAt(
              schema,
              fault.code === "invalid_type" && fault.expected === "array" ? [...path, 0] : path,
            ),
          ),
        )),
    },
  ];
}

/** The remedy of a rule of the schema that has one of its own. */
function remedyOf(issue: z.core.$ZodIssue): { readonly remedy: string } | null {
  const remedy: unknown = issue.code === "custom" ? issue.params?.["remedy"] : undefined;
  return typeof remedy === "string" ? { remedy } : null;
}

/** How a value of the wrong type is written in the right one; null if that is unknown. */
function formOf(issue: z.core.$ZodIssue, value: unknown, fields: readonly string[]): string | null {
  if (issue.code !== "invalid_type") return null;
  const names = fields.map(snakeCaseName).join(", ");
  const { expected } = issue;
  if (expected === "number" || expected === "int") {
    const [digits] = /^\d+(?:\.\d+)?/.exec(String(value)) ?? [];
    return digits === undefined ? "it as a number" : `${digits}, without quotes or a unit`;
  }
  if (expected === "array")
    return names === "" ? `[${String(value)}]` : `a list of maps with ${names}`;
  return expected === "object" && names !== "" ? `a map with ${names}` : null;
}

function unknownFieldRemedy(
  meant: string | null,
  path: Violation["path"],
  fields: readonly string[],
): string {
  if (meant !== null) return `Did you mean \`${printedPath([...path, meant])}\`?`;
  const known = fields.map(snakeCaseName).join(", ");
  return known === ""
    ? "Remove the field, or correct its spelling."
    : `Remove the field, or correct its spelling: the fields here are ${known}.`;
}

/** The values that a field with a fixed set of them accepts. */
function choicesOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code !== "invalid_value") return [];
  return issue.values.filter((value) => typeof value === "string");
}

function valueAt(fields: LooseFields, path: readonly PropertyKey[]): unknown {
  let value: unknown = fields;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return value;
}

/** True if `path` is equal to `outer` or inside of it. */
function isWithin(path: Violation["path"], outer: Violation["path"]): boolean {
  return outer.length <= path.length && outer.every((step, index) => step === path[index]);
}

/** The expected types, in the terms of YAML rather than those of the schema library. */

const EXPECTED: ReadonlyMap<string, string> = new Map([
  ["string", "a string"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "a map of fields"],
  ["record", "a map of keys and values"],
]);
/** How the library's own messages start; schemas with a message of their own do not have it. */
const LIBRARY_PREFIX = "Invalid input: expected ";

/** The part of the message after the field's name and a colon. */
function describeFault(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== "invalid_type" || !issue.message.startsWith(LIBRARY_PREFIX))
    return issue.message;
  const expected = EXPECTED.get(issue.expected) ?? issue.expected;
  return `must be ${expected}, not ${describeValue(value)}`;
}

function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a string";
  if (typeof value === "boolean") return String(value);
  return typeof value === "object" ? "a map of fields" : `a ${typeof value}`;
}
