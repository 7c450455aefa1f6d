import type { JsonValue } from "../../errors.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "./flags.ts";
import type { WriteOptions } from "../../catalog/catalog.ts";

/**
 * Reads `field=value` words. A value that reads as JSON is JSON, anything else is text: `disk_size_gb=20` is a
 * number, `description=Stock Debian` needs no quotes within quotes.
 */
export function parseAssignments(words: readonly string[]): Readonly<Record<string, JsonValue>> {
  const assignments = new Map<string, JsonValue>();
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals <= 0)
      throw usageError("--set needs field=value", "Write such as --set description=text.");
    const field = word.slice(0, equals);
    if (assignments.has(field))
      throw usageError(
        `--set: ${quoted(field)} is given more than once`,
        "Give each field one value.",
      );
    assignments.set(field, readValue(word.slice(equals + 1)));
  }
  // Own properties, whatever they are called.
  return Object.fromEntries(assignments);
}

function readValue(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    // Not JSON, so it is text: the commonest case, and no failure.
    return text;
  }
}

export interface WriteFlags {
  readonly ifGeneration?: number;
}

/** The condition of a write, from its flags. */
export function writeOptions({ ifGeneration }: WriteFlags): WriteOptions {
  return ifGeneration === undefined ? {} : { ifGeneration };
}
