/**
 * Parses untrusted YAML or JSON into a plain JSON value, in bounded time: input that is too large, too deep or has too
 * many parts is rejected before its value is built. JSON is parsed as YAML 1.2, of which it is a subset, so that the
 * same rules apply: duplicate keys, several documents, tags, merge keys and numbers that would lose digits are errors.
 */
import { Composer, Lexer, Parser, type CST, type Document } from "yaml";
import {
  invalidArgument,
  isSlipwayError,
  type JsonValue,
  type SlipwayError,
} from "../../errors.ts";
import { buildValue } from "./build-value.ts";
import { faultAt, withoutExcerpt } from "./position.ts";
import { syntaxError } from "./syntax-error.ts";
import type { SyntaxFault } from "./syntax-error.ts";

/** Size limit of one document. */
export const LARGEST_INPUT_BYTES = 1024 * 1024;
/** Size limit of a stream of documents, which may be a whole catalog. */
export const LARGEST_STREAM_BYTES = 8 * LARGEST_INPUT_BYTES;
/** Far more than any resource has; a document with this many parts is parsed in a fraction of a second. */
const MOST_LEXEMES = 50_000;
const MOST_STREAM_LEXEMES = 20 * MOST_LEXEMES;
const DEEPEST_NESTING = 64;

/**
 * @returns the document's value; null for an empty one
 * @throws SlipwayError `INVALID_ARGUMENT`: `INPUT_TOO_LARGE`, or `INVALID_INPUT` with line and column
 */
export function parseDocument(bytes: Uint8Array): JsonValue {
  const text = decode(bytes, LARGEST_INPUT_BYTES);
  const tokens = tokenize(text, MOST_LEXEMES);
  const [document, ...others] = refuseFaults(compose(tokens, text), text);
  if (document === undefined) return null;
  if (others.length > 0)
    throw faultAt(text, others[0]?.range[0] ?? text.length, "more than one document");
  return buildValue(document, text);
}

/** Like {@link parseDocument}, for the record of a secret: errors quote nothing of it. */
export function parseSecretDocument(bytes: Uint8Array): JsonValue {
  try {
    return parseDocument(bytes);
  } catch (caught) {
    throw isSlipwayError(caught) ? withoutExcerpt(caught) : caught;
  }
}

/** A document of a stream. */
export interface StreamedDocument {
  readonly value: JsonValue;
  /** The 1-based line on which its value starts. */
  readonly line: number;
}

/**
 * Parses a stream of YAML documents, or one JSON value. Empty documents, such as after a final `---`, are left out.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` as {@link parseDocument} does
 */
export function parseDocuments(bytes: Uint8Array): readonly StreamedDocument[] {
  const text = decode(bytes, LARGEST_STREAM_BYTES);
  const lineAt = lineCounter(text);
  const documents = compose(tokenize(text, MOST_STREAM_LEXEMES), text);
  return refuseFaults(documents, text).flatMap((document) => {
    if (document.contents === null) return [];
    const value = buildValue(document, text);
    return value === null ? [] : [{ value, line: lineAt(document.contents.range[0]) }];
  });
}

/** Counts lines up to offsets that only grow, so that a long stream is read once. */
function lineCounter(text: string): (offset: number) => number {
  let counted = 0;
  let line = 1;
  return (offset) => {
    for (; counted < offset; counted += 1) if (text[counted] === "\n") line += 1;
    return line;
  };
}

function decode(bytes: Uint8Array, limit: number): string {
  if (bytes.byteLength > limit)
    throw invalidArgument(
      "INPUT_TOO_LARGE",
      `the input has more than ${limit} bytes`,
      "Pass one resource as a few lines of YAML or JSON.",
    );
  const text = decodeUtf8(bytes);
  // YAML allows no control characters except tab and line breaks. ASCII text in UTF-16 is full of them.
  const control = /(?![\t\n\r\u0085])\p{Cc}/u.exec(text);
  if (control !== null)
    throw faultAt(text, control.index, "a control character: the input must be text in UTF-8");
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (caught) {
    if (!(caught instanceof TypeError)) throw caught;
    throw notUtf8();
  }
}

function notUtf8(): SlipwayError {
  return invalidArgument(
    "INVALID_INPUT",
    "the input is not valid UTF-8",
    "Save the resource as UTF-8 text.",
  );
}

/** Parses the concrete syntax, with limits on its length and depth, because composing is recursive. */
function tokenize(text: string, limit: number): readonly CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > limit)
      throw invalidArgument("INPUT_TOO_LARGE", "the input has more parts than any resource");
    tokens.push(...parser.next(lexeme));
  }
  tokens.push(...parser.end());
  refuseDeepNesting(tokens, text);
  return tokens;
}

function refuseDeepNesting(tokens: readonly CST.Token[], text: string): void {
  let level: readonly CST.Token[] = tokens;
  for (let depth = 0; level.length > 0; depth += 1) {
    const deepest = level[0];
    if (depth > DEEPEST_NESTING && deepest !== undefined)
      throw faultAt(text, deepest.offset, `nested deeper than ${DEEPEST_NESTING} levels`);
    level = level.flatMap(childrenOf);
  }
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === "document") return token.value === undefined ? [] : [token.value];
  if (!("items" in token)) return [];
  return token.items.flatMap(({ key, value }) => [key ?? [], value ?? []].flat());
}

/** Composes the documents, whose faults are not yet refused. */
function compose(tokens: readonly CST.Token[], text: string): readonly Document.Parsed[] {
  // Duplicate keys are detected while the value is built: the composer's own check takes quadratic time.
  const composer = new Composer({
    version: "1.2",
    merge: false,
    stringKeys: true,
    uniqueKeys: false,
  });
  return [...composer.compose(tokens, false, text.length)];
}

function refuseFaults(
  documents: readonly Document.Parsed[],
  text: string,
): readonly Document.Parsed[] {
  const fault = firstFault(documents);
  if (fault !== null) throw syntaxError(text, fault, faultOf);
  return documents;
}

function firstFault(documents: readonly Document.Parsed[]): SyntaxFault | null {
  for (const { errors, warnings } of documents) {
    const fault = errors[0] ?? warnings[0];
    if (fault !== undefined) return { code: fault.code, offset: fault.pos[0] };
  }
  return null;
}

function faultOf(text: string): SyntaxFault | null {
  return firstFault(compose(tokenize(text, MOST_STREAM_LEXEMES), text));
}
