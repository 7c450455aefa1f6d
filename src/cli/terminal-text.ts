/**
 * Text from outside (a registry's reply, a record's description) may contain control characters that move the cursor,
 * recolour the screen or reverse the text direction. They are shown as escape sequences instead.
 */

// Controls (C0, DEL, C1), line and paragraph separators, and marks that change the text direction.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** Makes one line of text safe to print: every control character is escaped. */
export function safeLine(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT_ESCAPES.get(character) ?? escapeOf(character));
}

/** Makes several lines of text safe to print: every control character except the newline is escaped. */
export function safeLines(text: string): string {
  return text.split("\n").map(safeLine).join("\n");
}

/** Quotes a user's input in a message: safe to print, and shortened if it is long. */
export function quoted(text: string, longest = 64): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return `"${safeLine(shown)}"`;
}

/** Quotes a word of a command that people may copy to a POSIX shell, if it needs quotes. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Escapes the control characters in JSON or YAML text. C0 controls are left alone: both formats escape them in quoted
 * strings already, and the newlines between the strings must stay.
 */
export function escapeInDocument(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character < " " ? character : unicodeEscape(character),
  );
}

/** True if {@link escapeInDocument} would change this string, which must therefore be quoted in YAML. */
export function needsEscape(text: string): boolean {
  return escapeInDocument(text) !== text;
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0xff ? unicodeEscape(character) : `\\x${code.toString(16).padStart(2, "0")}`;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
