import type { JsonValue } from "../../errors.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "./flags.ts";
import type { WriteOptions } from "../../catalog/catalog.ts";

/**
 * Parses `field=value` arguments. A value that parses as JSON is JSON, anything else is text: `disk_size_gb=20` is a
 * number, and `description=Stock Debian` needs no nested quotes.
 */
export function parseAssignments(words: readonly string[]): Readonly<Record<string, JsonValue>> {
  const assignments = new Map<string, JsonValue>();
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals <= 0)
      throw usageError("--set needs field=value", "For example, --set description=text.");
    const field = word.slice(0, equals);
    if (assignments.has(field))
      throw usageError(
        `--set: ${quoted(field)} is given more than once`,
        "Give each field one value.",
      );
    assignments.set(field, readValue(word.slice(equals + 1)));
  }
  // fromEntries defines own properties, so that even `__proto__` is an ordinary field.
  return Object.fromEntries(assignments);
}

function readValue(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    // Not JSON, so it is text. This is the usual case, not a failure.
    return text;
  }
}

export interface WriteFlags {
  readonly ifGeneration?: number;
}

/** Converts a command's flags to the catalog's write options. */
export function writeOptions({ ifGeneration }: WriteFlags): WriteOptions {
  return ifGeneration === undefined ? {} : { ifGeneration };
}
