import { SyntaxKind } from "typescript/unstable/ast";
import { createScanner } from "typescript/unstable/ast/scanner";

/** A token of source text: neither white space nor a comment. */
export interface Token {
  readonly kind: "word" | "string" | "other";
  /** A word or sign as written; the value of a string. */
  readonly text: string;
}

/** A token, a comment, or a template's text up to its next hole or its end. */
export interface Piece {
  readonly kind: Token["kind"] | "comment" | "template";
  readonly text: string;
  /** Offset of its first character. */
  readonly start: number;
}

const STRINGS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
]);

const COMMENTS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.SingleLineCommentTrivia,
  SyntaxKind.MultiLineCommentTrivia,
]);

const SPACE: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.NewLineTrivia,
  SyntaxKind.WhitespaceTrivia,
]);

const TEMPLATES: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.TemplateHead,
  SyntaxKind.TemplateMiddle,
  SyntaxKind.TemplateTail,
]);

/** Words after which a slash begins a regular expression, although it divides after other words. */
const BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  "return typeof case in of delete void throw new await yield instanceof do else".split(" "),
);

/**
 * The tokens of a TypeScript file.
 *
 * @throws Error if the text cannot be scanned to its end: an unseen wall must not pass for a kept one
 */
export function tokensOf(path: string, text: string): readonly Token[] {
  return piecesOf(path, text).flatMap(({ kind, text }) => {
    if (kind === "comment") return [];
    return [{ kind: kind === "template" ? "other" : kind, text }];
  });
}

/**
 * The pieces of a TypeScript file, from the compiler's own scanner. It knows comments and strings; whether a slash
 * divides and whether a brace closes a template's hole depends on earlier tokens, so this function keeps track of that.
 *
 * @throws Error if the text cannot be scanned to its end
 */
export function piecesOf(path: string, text: string): readonly Piece[] {
  const scanner = createScanner(false);
  // A program's first line may name its interpreter, which is not a token.
  scanner.setText(text.replace(/^#!.*/, (line) => " ".repeat(line.length)));
  const pieces: Piece[] = [];
  let previous: Piece | undefined;
  // What closes each open brace: the end of a block, or the end of a template's hole.
  const braces: ("block" | "hole")[] = [];
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFile; kind = scanner.scan()) {
    if (kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken) {
      if (beginsExpression(previous)) kind = scanner.reScanSlashToken();
    } else if (kind === SyntaxKind.OpenBraceToken) {
      braces.push("block");
    } else if (kind === SyntaxKind.TemplateHead) {
      braces.push("hole");
    } else if (kind === SyntaxKind.CloseBraceToken && braces.pop() === "hole") {
      kind = scanner.reScanTemplateToken(false);
      if (kind === SyntaxKind.TemplateMiddle) braces.push("hole");
    }
    if (SPACE.has(kind)) continue;
    const start = scanner.getTokenStart();
    const written = scanner.getTokenText();
    if (isOpenComment(kind, written) || scanner.isUnterminated() || kind === SyntaxKind.Unknown)
      throw new Error(`${path}: cannot be scanned at position ${start}`);
    const piece = { ...pieceOf(kind, written, scanner.getTokenValue()), start };
    pieces.push(piece);
    if (piece.kind !== "comment") previous = piece;
  }
  if (braces.length > 0) throw new Error(`${path}: ends inside a block or a template`);
  return pieces;
}

function isOpenComment(kind: SyntaxKind, text: string): boolean {
  return kind === SyntaxKind.MultiLineCommentTrivia && !/^\/\*.*\*\/$/s.test(text);
}

function pieceOf(kind: SyntaxKind, text: string, value: string): Omit<Piece, "start"> {
  if (COMMENTS.has(kind)) return { kind: "comment", text };
  if (STRINGS.has(kind)) return { kind: "string", text: value };
  if (TEMPLATES.has(kind)) return { kind: "template", text };
  return { kind: /^[\p{ID_Start}$_]/u.test(text) ? "word" : "other", text };
}

function beginsExpression(previous: Pick<Piece, "kind" | "text"> | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === "string") return false;
  if (previous.kind === "word") return BEFORE_EXPRESSION.has(previous.text);
  if (previous.text.endsWith("${")) return true;
  return !/^(?:[)\]}\d]|\+\+$|--$)/u.test(previous.text);
}
