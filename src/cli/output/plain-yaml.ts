import type { JsonValue } from "../../errors.ts";

/** Texts of one line in ASCII that are no mark of a document. */
const SIMPLE_TEXT = /^(?!---|\.\.\.|%)[ -~]*$/;
/** What YAML would not read back as the same text: indicators, `: ` and ` #`, white space at an end. */
const NOT_PLAIN = /^[ ,[\]{}#&*!|>'"%@`]|^[?-](?: |$)|: | #|[ :]$/;
/** Texts that a reader of YAML 1.2 or 1.1 takes for null, a boolean or a merge. */
const WORDS =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|<<)?$/;
/** Texts that one of them takes for a number or a time. */
const NUMBERS: readonly RegExp[] = [
  /^[-+]?[0-9][0-9_]*$/,
  /^0o[0-7]+$/,
  /^[-+]?0x[0-9a-fA-F_]+$/,
  /^[-+]?0b[01_]+$/,
  /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
  /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
  /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[tT]| +)[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?: *(?:Z|[-+][012]?[0-9](?::[0-9]{2})?))?)?$/,
];
const STEP = "  ";

/**
 * A value as the library writes it, where that is a matter of plain lines: nearly every result is. Loading the library
 * takes longer than most commands take for all else.
 *
 * @returns null for what the library has to write: texts of several lines or beyond ASCII, keys in quotes, marks of a
 * document
 */
export function plainYaml(value: JsonValue): string | null {
  const lines: string[] = [];
  const isWritten = isNested(value) ? writeNested(value, "", lines) : writeItem(value, "", lines);
  return isWritten ? `${lines.join("\n")}\n` : null;
}

type Nested = readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What takes lines of its own; the empty ones are written as scalars are. */
function isNested(value: JsonValue): value is Nested {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** False where something of it cannot be written plainly. */
function writeNested(value: Nested, indent: string, lines: string[]): boolean {
  if (isList(value)) return value.every((item) => writeListItem(item, indent, lines));
  return Object.entries(value).every(([key, field]) => {
    if (!isPlain(key)) return false;
    if (!isNested(field)) return writeItem(field, `${indent}${key}: `, lines);
    lines.push(`${indent}${key}:`);
    return writeNested(field, indent + STEP, lines);
  });
}

/** Behind its dash begins the first line of whatever is in the list. */
function writeListItem(item: JsonValue, indent: string, lines: string[]): boolean {
  if (!isNested(item)) return writeItem(item, `${indent}- `, lines);
  const first = lines.length;
  if (!writeNested(item, indent + STEP, lines)) return false;
  lines[first] = `${indent}- ${(lines[first] ?? "").slice(indent.length + STEP.length)}`;
  return true;
}

function writeItem(value: JsonValue, before: string, lines: string[]): boolean {
  const text = scalar(value);
  if (text !== null) lines.push(before + text);
  return text !== null;
}

function scalar(value: JsonValue): string | null {
  if (typeof value === "string") return textScalar(value);
  if (typeof value === "object" && value !== null) return isList(value) ? "[]" : "{}";
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}

function textScalar(text: string): string | null {
  if (!SIMPLE_TEXT.test(text)) return null;
  if (isPlain(text)) return text;
  return text.includes('"') && !text.includes("'") ? `'${text}'` : JSON.stringify(text);
}

function isPlain(text: string): boolean {
  if (!SIMPLE_TEXT.test(text) || NOT_PLAIN.test(text) || WORDS.test(text)) return false;
  return !NUMBERS.some((form) => form.test(text));
}

function isList(value: Nested | JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
