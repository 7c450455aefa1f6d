const LONGEST_QUOTE = 160;

/**
 * Text from outside as it may stand in a message: quoted, control characters escaped, and cut so that a megabyte of
 * input does not become a megabyte of error.
 */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  if (text.length <= LONGEST_QUOTE) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, LONGEST_QUOTE))}… (${text.length} characters)`;
}
