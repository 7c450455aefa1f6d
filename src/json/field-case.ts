/**
 * Converts the case of field names: camelCase in TypeScript, snake_case in everything printed or stored. Only field
 * names are converted; keys that are data (tags, regions, variables) stay unchanged.
 */
import { invalidArgument } from "../errors.ts";
import type { JsonValue } from "../errors.ts";

/** Fields whose keys, at every depth, are data and stay unchanged. */
const DATA_FIELDS: ReadonlySet<string> = new Set([
  "ami_ids",
  "annotations",
  "config",
  "env",
  "environment",
  "exposed_ports",
  "headers",
  "input",
  "labels",
  "metadata",
  "options",
  "sources",
  "sysctls",
  "tags",
  "volumes",
]);

/** Deeper than anything that Slipway writes, and far from a stack overflow. */
const MAXIMUM_DEPTH = 100;

const CAMEL_CASE = /^[a-z][a-zA-Z0-9]*$/;
const SNAKE_CASE = /^[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)+$/;

/** `amiIds` -> `ami_ids`; a name that is not camelCase stays unchanged. */
export function snakeCaseName(name: string): string {
  if (!CAMEL_CASE.test(name)) return name;
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `ami_ids` -> `amiIds`; a name that is not snake_case stays unchanged. */
export function camelCaseName(name: string): string {
  if (!SNAKE_CASE.test(name)) return name;
  return name.replaceAll(/_[a-z]/g, (pair) => pair.slice(1).toUpperCase());
}

/** True for a field (in either case) whose keys are data. */
export function hasDataKeys(name: string): boolean {
  return DATA_FIELDS.has(snakeCaseName(name));
}

/**
 * Converts a value to the form that is printed and stored. Undefined fields are omitted; an object with `toJSON` (an
 * error, a secret) is converted from what that returns.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` if two names become equal, for values that JSON cannot represent, and beyond
 * 100 levels
 */
export function toSnakeCase(value: unknown): JsonValue {
  return convert(value, { rename: snakeCaseName, path: [] });
}

/** Converts a printed or stored value to camelCase; the inverse of {@link toSnakeCase}. */
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
    const keep = hasDataKeys(name) ? { rename: (key: string) => key } : {};
    fields.set(renamed, convert(value, { ...conversion, ...keep, path: [...path, name] }));
  }
  // fromEntries defines own properties, so that `__proto__` is an ordinary key.
  return Object.fromEntries(fields);
}

function place(path: readonly (string | number)[]): string {
  return path.length === 0 ? "the value" : path.join(".");
}
