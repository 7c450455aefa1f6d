/**
 * What came from outside (a registry's answer, a record's description) may carry control characters that move the
 * cursor, recolour the screen or reverse the reading direction. People are shown them spelt out instead.
 */

// Controls (C0, DEL, C1), line and paragraph separators, and the marks that change the reading direction.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** One line of text that is safe to show: every control character is spelt out. */
export function safeLine(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT_ESCAPES.get(character) ?? spellOut(character));
}

/** Several lines of text that are safe to show: every control character but the line feed is spelt out. */
export function safeLines(text: string): string {
  return text.split("\n").map(safeLine).join("\n");
}

/** A user's word as it is quoted in a message: safe, and short enough to read. */
export function quoted(text: string, longest = 64): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return `"${safeLine(shown)}"`;
}

/**
 * JSON or YAML text whose strings hold no raw control character. The C0 controls are left: both formats escape them
 * by themselves in a quoted string, and the line feeds between the strings have to stay.
 */
export function escapeInDocument(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character < " " ? character : unicodeEscape(character),
  );
}

/** True for a string that {@link escapeInDocument} would change: such a string must be a quoted one. */
export function needsEscape(text: string): boolean {
  return escapeInDocument(text) !== text;
}

function spellOut(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0xff ? unicodeEscape(character) : `\\x${code.toString(16).padStart(2, "0")}`;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
