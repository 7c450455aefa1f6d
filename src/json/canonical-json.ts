import { createHash } from "node:crypto";
import { invalidArgument } from "../errors.ts";

/**
 * The canonical form of a JSON value (RFC 8785): no white space, object keys sorted by their UTF-16 code units,
 * numbers and strings serialized as in ECMAScript. Equal values have equal bytes, so their hash identifies them.
 *
 * A key whose value is `undefined` is omitted, as in `JSON.stringify`.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` for values that JSON cannot represent (NaN, functions, lone surrogates,
 * cycles).
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

/** The SHA-256 of the canonical form: `sha256:` and 64 hex digits. */
export function canonicalDigest(value: unknown): string {
  return `sha256:${createHash("sha256").update(canonicalJson(value)).digest("hex")}`;
}

function write(value: unknown, ancestors: readonly object[]): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw notJson(`the number ${value}`);
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw notJson("a string with a lone surrogate");
    return JSON.stringify(value);
  }
  if (typeof value !== "object") throw notJson(`a ${typeof value}`);
  if (ancestors.includes(value)) throw notJson("a value that contains itself");
  const path = [...ancestors, value];
  if (Array.isArray(value)) return `[${value.map((item) => write(item, path)).join(",")}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, field]) => `${write(key, path)}:${write(field, path)}`);
  return `{${fields.join(",")}}`;
}

function notJson(what: string) {
  return invalidArgument("INVALID_INPUT", `canonical JSON cannot represent ${what}`);
}
