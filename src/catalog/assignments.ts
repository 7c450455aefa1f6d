/** Applies the `field=value` assignments of a patch. */
import { invalidArgument } from "../errors.ts";
import type { JsonObject, JsonValue, SlipwayError } from "../errors.ts";
import { hasDataKeys, snakeCaseName } from "../json/field-case.ts";
import { printedText } from "./body.ts";
import type { CatalogKind } from "./kinds.ts";
import { PLACEMENT_ARMS } from "./schemas/placement.ts";
import { isFields } from "./violation.ts";

/** New values keyed by path; null unsets the field. */
export type Assignments = Readonly<Record<string, JsonValue>>;

/** Returns the fields (snake_case) with the assignments applied. The result is not validated: see `parse.ts`. */
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

/** Splits a path such as `aws.ami_ids.us-east-1`. Keys that are data may contain dots: the rest of the path is one key. */
function splitPath(kind: CatalogKind, path: string): readonly string[] {
  const steps: string[] = [];
  const given = path.split(".");
  for (const [index, name] of given.entries()) {
    const step = snakeCaseName(name);
    if (step === "") throw invalidAssignment(`${printedText(path)} is not the path of a field`);
    steps.push(step);
    if (!hasDataKeys(step) || index === given.length - 1) continue;
    steps.push(given.slice(index + 1).join("."));
    break;
  }
  const [first] = steps;
  if (kind === "secret" && first === "plaintext_value")
    throw invalidAssignment("a secret's value is read from standard input, never from an argument");
  // `aws`, `gcp` and `docker` are accepted at the root, but the record has them under `target`.
  const isArm = kind === "placement" && PLACEMENT_ARMS.some((arm) => arm === first);
  return isArm ? ["target", ...steps] : steps;
}

function invalidAssignment(message: string): SlipwayError {
  return invalidArgument(
    "INVALID_INPUT",
    message,
    "Write field=value, where field is the path that `get` prints: `aws.ami_ids.us-east-1=ami-…`.",
  );
}
