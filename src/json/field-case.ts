/**
 * The two spellings of a field name: camelCase in TypeScript, snake_case in everything printed or stored. Only names
 * of fields are converted; where the keys of a record are data (tags, regions, variables), they stay as they are.
 */
import { invalidArgument } from "../errors.ts";
import type { JsonValue } from "../errors.ts";

/** Fields whose value is somebody else's: its keys, at every depth, are left alone. */
const DATA_FIELDS: ReadonlySet<string> = new Set([
  "ami_ids",
  "annotations",
  "config",
  "env",
  "environment",
  "exposed_ports",
  "headers",
  "labels",
  "metadata",
  "sources",
  "sysctls",
  "tags",
  "volumes",
]);

/** Deeper than anything Slipway writes, and far from the end of the stack. */
const MAXIMUM_DEPTH = 100;

const CAMEL_CASE = /^[a-z][a-zA-Z0-9]*$/;
const SNAKE_CASE = /^[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)+$/;

/** `amiIds` -> `ami_ids`; what is not camelCase stays. */
export function snakeCaseName(name: string): string {
  if (!CAMEL_CASE.test(name)) return name;
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `ami_ids` -> `amiIds`; what is not snake_case stays. */
export function camelCaseName(name: string): string {
  if (!SNAKE_CASE.test(name)) return name;
  return name.replaceAll(/_[a-z]/g, (pair) => pair.slice(1).toUpperCase());
}

/** True for a field (in either spelling) whose keys are data. */
export function holdsData(name: string): boolean {
  return DATA_FIELDS.has(snakeCaseName(name));
}

/**
 * A value of ours as it is printed and stored. Fields that are undefined are left out; an object with `toJSON` (an
 * error, a secret) says itself what it looks like.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` where two names become one, for what JSON cannot say, and beyond 100 levels
 */
export function toSnakeCase(value: unknown): JsonValue {
  return convert(value, { rename: snakeCaseName, path: [] });
}

/** What was printed or stored, in the spelling of TypeScript; the inverse of {@link toSnakeCase}. */
export function toCamelCase(value: unknown): JsonValue {
  return convert(value, { rename: camelCaseName, path: [] });
}

interface Conversion {
  readonly rename: (name: string) => string;
  readonly path: readonly (string | number)[];
}

function convert(value: unknown, conversion: Conversion): JsonValue {
  const { path } = conversion;
  if (path.length > MAXIMUM_DEPTH)
    throw invalidArgument("INVALID_INPUT", `nested deeper than ${MAXIMUM_DEPTH} levels`);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value))
    return value.map((item, index) => convert(item, { ...conversion, path: [...path, index] }));
  if (typeof value === "object") {
    if ("toJSON" in value && typeof value.toJSON === "function")
      return convert(value.toJSON(), { ...conversion, path: [...path, "toJSON"] });
    return convertRecord(value, conversion);
  }
  throw invalidArgument("INVALID_INPUT", `${place(path)} is a ${typeof value}, not a JSON value`);
}

function convertRecord(record: object, conversion: Conversion): JsonValue {
  const { rename, path } = conversion;
  const fields = new Map<string, JsonValue>();
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined) continue;
    const renamed = rename(name);
    if (fields.has(renamed))
      throw invalidArgument("INVALID_INPUT", `${place([...path, renamed])} is given twice`);
    const keep = holdsData(name) ? { rename: (key: string) => key } : {};
    fields.set(renamed, convert(value, { ...conversion, ...keep, path: [...path, name] }));
  }
  // Defines own properties, so that a key such as `__proto__` is a key and nothing else.
  return Object.fromEntries(fields);
}

function place(path: readonly (string | number)[]): string {
  return path.length === 0 ? "the value" : path.join(".");
}
