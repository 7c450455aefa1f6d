import type { JsonValue } from "../../errors.ts";

/** A single line of printable ASCII that does not start like a document marker or directive. */
const SIMPLE_TEXT = /^(?!---|\.\.\.|%)[ -~]*$/;
/** Text that YAML would not read back unchanged: indicators, `: ` and ` #`, white space at either end. */
const NOT_PLAIN = /^[ ,[\]{}#&*!|>'"%@`]|^[?-](?: |$)|: | #|[ :]$/;
/** Text that a YAML 1.2 or 1.1 parser reads as null, a boolean or a merge key. */
const WORDS =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|<<)?$/;
/** Text that a YAML 1.2 or 1.1 parser reads as a number or a timestamp. */
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
 * Writes a value exactly as the YAML library would, if that takes only plain and quoted single-line scalars, as for
 * nearly every result. Loading the library takes longer than everything else that most commands do.
 *
 * @returns null if the library is needed: for text with several lines or beyond ASCII, quoted keys, document markers
 */
export function plainYaml(value: JsonValue): string | null {
  const lines: string[] = [];
  const isWritten = isNested(value) ? writeNested(value, "", lines) : writeItem(value, "", lines);
  return isWritten ? `${lines.join("\n")}\n` : null;
}

type Nested = readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** True for a collection that is written as a block; empty collections are written inline, like scalars. */
function isNested(value: JsonValue): value is Nested {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** Returns false if any part of the value needs the library. */
function writeNested(value: Nested, indent: string, lines: string[]): boolean {
  if (isList(value)) return value.every((item) => writeListItem(item, indent, lines));
  return Object.entries(value).every(([key, field]) => {
    if (!isPlain(key)) return false;
    if (!isNested(field)) return writeItem(field, `${indent}${key}: `, lines);
    lines.push(`${indent}${key}:`);
    return writeNested(field, indent + STEP, lines);
  });
}

/** The first line of a list item follows its dash on the same line. */
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
