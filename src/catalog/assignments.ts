/** `field=value`: changes of named fields, by their printed path. */
import { z } from "zod";
import { invalidArgument } from "../errors.ts";
import type { JsonObject, JsonValue, SlipwayError } from "../errors.ts";
import { parseDocument } from "../input/parse-document.ts";
import { camelCaseName, holdsData, snakeCaseName } from "../spelling.ts";
import { printedText } from "./body.ts";
import type { CatalogKind } from "./kinds.ts";
import { schemaOf } from "./parse.ts";
import { PLACEMENT_ARMS } from "./schemas/placement.ts";
import { isFields } from "./violation.ts";

/** By path; null unsets the field. */
export type Assignments = Readonly<Record<string, JsonValue>>;

/**
 * `field=value` as typed on a command line. A value is text where the field is text; anything else (numbers, true,
 * lists, maps) is read as YAML. Nothing behind `=` unsets the field.
 *
 * @throws SlipwayError `INVALID_ARGUMENT`
 */
export function parseAssignments(kind: CatalogKind, texts: readonly string[]): Assignments {
  const assignments = new Map<string, JsonValue>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals <= 0) throw invalidAssignment(`${printedText(text)} is not of the form field=value`);
    const path = text.slice(0, equals);
    if (assignments.has(path)) throw invalidAssignment(`${printedText(path)} is set twice`);
    assignments.set(path, parseValue(kind, path, text.slice(equals + 1)));
  }
  return Object.fromEntries(assignments);
}

/** The fields (snake_case) with the assignments made; what they are then worth is for `parse.ts` to judge. */
export function applyAssignments(
  kind: CatalogKind,
  fields: JsonObject,
  assignments: Assignments,
): JsonObject {
  let changed = fields;
  for (const [path, value] of Object.entries(assignments))
    changed = assign(changed, splitPath(kind, path), { path, value });
  return changed;
}

interface Assignment {
  readonly path: string;
  readonly value: JsonValue;
}

function assign(fields: JsonObject, steps: readonly string[], to: Assignment): JsonObject {
  const [step, ...rest] = steps;
  if (step === undefined) return fields;
  const { [step]: current, ...others } = fields;
  if (rest.length === 0) return to.value === null ? others : { ...fields, [step]: to.value };
  if (current !== undefined && !isJsonFields(current))
    throw invalidAssignment(
      `${printedText(to.path)}: ${printedText(step)} has no fields of its own`,
    );
  return { ...fields, [step]: assign(current ?? {}, rest, to) };
}

function isJsonFields(value: JsonValue): value is JsonObject {
  return isFields(value);
}

/** `aws.ami_ids.us-east-1` -> its steps. The keys of data may have dots: what follows such a field is one key. */
function splitPath(kind: CatalogKind, path: string): readonly string[] {
  const steps: string[] = [];
  const given = path.split(".");
  for (const [index, name] of given.entries()) {
    const step = snakeCaseName(name);
    if (step === "") throw invalidAssignment(`${printedText(path)} is not the path of a field`);
    steps.push(step);
    if (!holdsData(step) || index === given.length - 1) continue;
    steps.push(given.slice(index + 1).join("."));
    break;
  }
  const [first] = steps;
  if (kind === "secret" && first === "plaintext_value")
    throw invalidAssignment("a secret's value comes from standard input, never from an argument");
  // An arm that is named as if at the root is under `target` in the record.
  const isArm = kind === "placement" && PLACEMENT_ARMS.some((arm) => arm === first);
  return isArm ? ["target", ...steps] : steps;
}

function parseValue(kind: CatalogKind, path: string, text: string): JsonValue {
  if (text === "") return null;
  const type = typeAt(kind, splitPath(kind, path));
  if (!(type instanceof z.ZodType) || !READ_AS_YAML.some((yaml) => type instanceof yaml))
    return text;
  return parseDocument(new TextEncoder().encode(text));
}

const READ_AS_YAML = [z.ZodNumber, z.ZodBoolean, z.ZodArray, z.ZodObject, z.ZodRecord] as const;

/** The type of a field; undefined for a field that the kind does not have. */
function typeAt(kind: CatalogKind, steps: readonly string[]): z.core.$ZodType | undefined {
  let type: z.core.$ZodType | undefined = bare(schemaOf(kind));
  for (const step of steps) {
    if (type instanceof z.ZodObject) type = bare(fieldOf(type, camelCaseName(step)));
    else if (type instanceof z.ZodRecord) type = bare(type.valueType);
    else return undefined;
  }
  return type;
}

function fieldOf(object: z.ZodObject, name: string): z.core.$ZodType | undefined {
  return Object.hasOwn(object.shape, name) ? object.shape[name] : undefined;
}

/** Without what is wrapped around a type: that it is optional, what happens before and after. */
function bare(type: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (type instanceof z.ZodExactOptional || type instanceof z.ZodOptional)
    return bare(type.unwrap());
  if (type instanceof z.ZodPipe)
    return bare(type.in instanceof z.ZodTransform ? type.out : type.in);
  return type;
}

function invalidAssignment(message: string): SlipwayError {
  return invalidArgument(
    "INVALID_INPUT",
    message,
    "Write field=value, the field by its printed path: `aws.ami_ids.us-east-1=ami-…`.",
  );
}
