import { cutWords } from "../redaction/cut.ts";

const LONGEST_QUOTE = 160;

/**
 * Quotes untrusted text for a message: escapes control characters and truncates the text, so that a megabyte of input
 * does not become a megabyte of error.
 */
export function quote(value: unknown): string {
  const text = textOf(value);
  if (text.length <= LONGEST_QUOTE) return JSON.stringify(text);
  return `${JSON.stringify(cutWords(text, LONGEST_QUOTE))}… (${text.length} characters)`;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  // An object's `toString` may be missing or throw.
  return typeof value === "number" ? String(value) : Object.prototype.toString.call(value);
}
