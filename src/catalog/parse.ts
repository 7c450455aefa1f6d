import type { z } from "zod";
import { SlipwayError } from "../errors.ts";
import type { JsonObject } from "../errors.ts";
import { deepFreeze } from "../plan/plan.ts";
import { READ_SELDOM } from "../json/zod-options.ts";
import { normalizeBody, printedPath, printedText } from "./body.ts";
import type { NormalizedBody } from "./body.ts";
import type { CatalogKind, CatalogKinds } from "./kinds.ts";
import { bakedRule, handWrittenRule, imageRules, imageSchema } from "./schemas/image.ts";
import {
  diskTypeRules,
  diskTypeSchema,
  environmentRules,
  environmentSchema,
  machineTypeRules,
  machineTypeSchema,
} from "./schemas/machine.ts";
import { normalizePlacement, placementRules, placementSchema } from "./schemas/placement.ts";
import { secretRules, secretSchema } from "./schemas/secret.ts";
import { workspaceRules, workspaceSchema } from "./schemas/workspace.ts";
import { invalidRecord, isFields } from "./violation.ts";
import type { LooseFields, Normalized, Rule, Violation } from "./violation.ts";

/** A body from outside, or a stored record, as a typed record: every broken rule at once, the first one as the message. */

/** What judges a kind: the rules of its specification in their order, then the strict shape. */
interface KindParser<K extends CatalogKind> {
  readonly rules: readonly Rule[];
  /** Rules on top for what people write by hand. */
  readonly handWritten?: readonly Rule[];
  /** Rules on top for what the product writes itself, and for what is stored. */
  readonly own?: readonly Rule[];
  readonly normalize?: (fields: LooseFields) => Normalized;
  /** Made when the first record of the kind is judged. */
  readonly schema: () => z.ZodType<CatalogKinds[K]>;
}

const PARSERS: { readonly [K in CatalogKind]: KindParser<K> } = {
  image: {
    rules: imageRules,
    handWritten: [handWrittenRule],
    own: [bakedRule],
    schema: imageSchema,
  },
  workspace: { rules: workspaceRules, schema: workspaceSchema },
  placement: { rules: placementRules, normalize: normalizePlacement, schema: placementSchema },
  environment: { rules: environmentRules, schema: environmentSchema },
  "machine-type": { rules: machineTypeRules, schema: machineTypeSchema },
  "disk-type": { rules: diskTypeRules, schema: diskTypeSchema },
  secret: { rules: secretRules, schema: secretSchema },
};

/** The schema that a kind's fields obey, in camelCase. */
export function schemaOf<K extends CatalogKind>(kind: K): z.ZodType<CatalogKinds[K]> {
  return PARSERS[kind].schema();
}

/**
 * A body as people write it: snake_case or camelCase, from `set` or `patch`.
 *
 * @param name the name that the body must have, where the caller knows one
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
 * What the product itself wrote, such as a baked image: the same rules, but that provenance may be there.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_RECORD`
 */
export function parseOwn<K extends CatalogKind>(kind: K, body: unknown): CatalogKinds[K] {
  return parse(kind, body, PARSERS[kind].own ?? []);
}

/** A record's fields as they are stored (snake_case), judged again. */
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
      message: `the stored ${kind} ${name} breaks the catalog's rules: ${caught.message}`,
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
  // An empty document is a resource that sets nothing.
  const given = body ?? {};
  if (!isFields(given))
    throw invalidRecord(kind, [{ path: [], message: "the resource must be a map of fields" }]);
  const normalized = normalizeBody(given);
  const { fields, violations } = parser.normalize?.(normalized.fields) ?? {
    fields: normalized.fields,
    violations: [],
  };
  const broken = [...parser.rules, ...rulesOnTop].flatMap((rule) => rule(fields));
  const parsed = parser.schema().safeParse(fields, READ_SELDOM);
  const { spellings } = normalized;
  const [first, ...others] = [
    ...broken,
    ...normalized.violations,
    ...violations,
    ...(parsed.success ? [] : shapeViolations(parsed.error, { fields, spellings, broken })),
  ];
  if (first !== undefined) throw invalidRecord(kind, [first, ...others]);
  if (!parsed.success) throw new TypeError(`no rule says what is wrong with this ${kind}`);
  return deepFreeze(parsed.data);
}

function nameRule(name: string): Rule {
  return (fields) =>
    fields["name"] === undefined || fields["name"] === name
      ? []
      : [
          {
            path: ["name"],
            message: `name must be ${printedText(name)}, the name that the resource is written under`,
            remedy: "Give the same name in the resource and as the argument.",
          },
        ];
}

/** What `get` prints beside a record's own fields. */
const METADATA_FIELDS: ReadonlySet<string> = new Set([
  "generation",
  "created_at",
  "updated_at",
  "updated_by",
]);

interface Judged {
  readonly fields: LooseFields;
  readonly spellings: NormalizedBody["spellings"];
  /** What the specification's rules have said: the schema need not say it again. */
  readonly broken: readonly Violation[];
}

function shapeViolations(error: z.ZodError, judged: Judged): readonly Violation[] {
  return error.issues
    .flatMap((issue) => shapeViolation(issue, judged))
    .filter(({ path }) => !judged.broken.some((violation) => isWithin(path, violation.path)));
}

function shapeViolation(
  issue: z.core.$ZodIssue,
  { fields, spellings }: Judged,
): readonly Violation[] {
  const { path } = issue;
  const field = printedText(printedPath(path));
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const unknown = printedPath([...path, key]);
      return {
        path: [...path, key],
        message: `unknown field ${printedText(spellings.get(unknown) ?? unknown)}`,
        remedy: METADATA_FIELDS.has(unknown)
          ? "The catalog keeps this field itself: remove it."
          : "Remove the field, or correct its spelling.",
      };
    });
  const value = valueAt(fields, path);
  if (value === undefined) return [{ path, message: `${field} is required` }];
  const fault = issue.code === "invalid_key" ? (issue.issues[0] ?? issue) : issue;
  return [{ path, message: `${field}: ${shapeWords(fault, value)}` }];
}

function valueAt(fields: LooseFields, path: readonly PropertyKey[]): unknown {
  let value: unknown = fields;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return value;
}

/** True where a rule has already said something about the place. */
function isWithin(path: Violation["path"], judged: Violation["path"]): boolean {
  return judged.length <= path.length && judged.every((step, index) => step === path[index]);
}

/** What a value must be and is not, in the words of who writes YAML rather than of the schema library. */

const EXPECTED: ReadonlyMap<string, string> = new Map([
  ["string", "a text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "a map of fields"],
  ["record", "a map of keys and values"],
]);
/** How the library begins where a schema has no words of its own. */
const LIBRARY_WORDS = "Invalid input: expected ";

/** What follows the field's name and a colon. */
function shapeWords(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== "invalid_type" || !issue.message.startsWith(LIBRARY_WORDS))
    return issue.message;
  const expected = EXPECTED.get(issue.expected) ?? issue.expected;
  return `must be ${expected}, not ${received(value)}`;
}

function received(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  if (typeof value === "boolean") return String(value);
  return typeof value === "object" ? "a map of fields" : `a ${typeof value}`;
}
