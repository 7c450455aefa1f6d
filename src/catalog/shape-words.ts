/** What a value must be and is not, in the words of who writes YAML rather than of the schema library. */
import type { z } from "zod";

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
export function shapeWords(issue: z.core.$ZodIssue, value: unknown): string {
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
