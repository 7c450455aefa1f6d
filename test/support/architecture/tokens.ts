import { SyntaxKind } from "typescript/unstable/ast";
import { createScanner } from "typescript/unstable/ast/scanner";

/** A piece of source text that is neither white space nor comment. */
export interface Token {
  readonly kind: "word" | "string" | "other";
  /** A word or sign as it stands there; what a string says. */
  readonly text: string;
}

const STRINGS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
]);

const TRIVIA: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.SingleLineCommentTrivia,
  SyntaxKind.MultiLineCommentTrivia,
  SyntaxKind.NewLineTrivia,
  SyntaxKind.WhitespaceTrivia,
]);

/** Words after which a slash begins a regular expression, although it divides after other words. */
const BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  "return typeof case in of delete void throw new await yield instanceof do else".split(" "),
);

/**
 * The tokens of a TypeScript file, by the compiler's own scanner. It knows comments and strings; whether a slash
 * divides and whether a brace closes a template's hole depends on what came before, and is kept track of here.
 *
 * @throws Error for a text that cannot be read to its end: a wall that is not seen must not pass for kept.
 */
export function tokensOf(path: string, text: string): readonly Token[] {
  const scanner = createScanner(false);
  // A program's first line may name its interpreter, which is no token.
  scanner.setText(text.replace(/^#!.*/, ""));
  const tokens: Token[] = [];
  // What each open brace will be closed by: `}` of a block, or of a template's hole.
  const braces: ("block" | "hole")[] = [];
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFile; kind = scanner.scan()) {
    if (kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken) {
      if (beginsExpression(tokens.at(-1))) kind = scanner.reScanSlashToken();
    } else if (kind === SyntaxKind.OpenBraceToken) {
      braces.push("block");
    } else if (kind === SyntaxKind.TemplateHead) {
      braces.push("hole");
    } else if (kind === SyntaxKind.CloseBraceToken && braces.pop() === "hole") {
      kind = scanner.reScanTemplateToken(false);
      if (kind === SyntaxKind.TemplateMiddle) braces.push("hole");
    }
    if (TRIVIA.has(kind) && !isOpenComment(kind, scanner.getTokenText())) continue;
    if (scanner.isUnterminated() || TRIVIA.has(kind) || kind === SyntaxKind.Unknown)
      throw new Error(`${path}: cannot be read at position ${scanner.getTokenStart()}`);
    tokens.push(tokenOf(kind, scanner.getTokenText(), scanner.getTokenValue()));
  }
  if (braces.length > 0) throw new Error(`${path}: ends before its last brace is closed`);
  return tokens;
}

function isOpenComment(kind: SyntaxKind, text: string): boolean {
  return kind === SyntaxKind.MultiLineCommentTrivia && !/^\/\*.*\*\/$/s.test(text);
}

function tokenOf(kind: SyntaxKind, text: string, value: string): Token {
  if (STRINGS.has(kind)) return { kind: "string", text: value };
  return { kind: /^[\p{ID_Start}$_]/u.test(text) ? "word" : "other", text };
}

function beginsExpression(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === "string") return false;
  if (previous.kind === "word") return BEFORE_EXPRESSION.has(previous.text);
  if (previous.text.endsWith("${")) return true;
  return !/^(?:[)\]}\d]|\+\+$|--$)/u.test(previous.text);
}
