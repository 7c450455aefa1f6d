/**
 * The expression of `--query`, in JMESPath (https://jmespath.org), as the commands `aws` and `az` have it. The library
 * interprets expressions without `eval`, and is loaded only if a command line has the flag.
 */
import {
  compile,
  getRegisteredFunctions,
  isRegistered,
  tokenize,
  TreeInterpreter,
} from "@jmespath-community/jmespath";
import { closestTo } from "../../catalog/suggestions.ts";
import { invalidArgument } from "../../errors.ts";
import type { JsonValue, SlipwayError } from "../../errors.ts";
import { excerptOf } from "../../json/document/position.ts";
import { usageError } from "../arguments/flags.ts";
import { quoted } from "../terminal-text.ts";

/** Selects from a result in its printed form, with names in snake_case. */
export type Query = (value: JsonValue) => JsonValue;

type LibraryValue = ReturnType<typeof TreeInterpreter.search>;

/** The parser is recursive, and finding the place of a fault parses the expression once for each of its tokens. */
const LONGEST = 2048;
/** `aws` and `az` accept `` `running` `` for the text "running", which newer versions of the language do not. */
const OPTIONS = { enable_legacy_literals: true } as const;

/**
 * Compiles an expression.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `USAGE`, with the line and a caret below the fault. The query itself throws
 * it for a value that a function of the expression does not take.
 */
export function compileQuery(expression: string): Query {
  if (expression.length > LONGEST)
    throw usageError(
      `--query: the expression has ${expression.length} characters`,
      `At most ${LONGEST} are accepted: print JSON with -o json, and select with a program.`,
    );
  const tokens = tokensOf(expression);
  checkFunctions(expression, tokens);
  const compiled = compiledAt(expression, tokens);
  return (value) => {
    try {
      return TreeInterpreter.search(compiled, isolated(value));
    } catch (caught) {
      throw usageError(
        `--query: ${messageOf(caught)}`,
        "Only the output failed, the command was carried out. Without --query, the output has every field.",
      );
    }
  };
}

type Tokens = ReturnType<typeof tokenize>;

function tokensOf(expression: string): Tokens {
  try {
    return tokenize(expression, OPTIONS);
  } catch (caught) {
    const offset = endOfTokens(expression);
    const [character = ""] = expression.slice(offset);
    const isOpen = ["'", '"', "`"].includes(character);
    throw fault(
      expression,
      offset,
      isOpen ? `${character} begins a text that is not valid` : messageOf(caught),
      isOpen ? `End the text with ${character}.` : GRAMMAR,
    );
  }
}

/** The offset of the first character that belongs to no token: everything before it is valid on its own. */
function endOfTokens(expression: string): number {
  for (let length = expression.length; length > 0; length -= 1) {
    try {
      tokenize(expression.slice(0, length), OPTIONS);
    } catch {
      continue;
    }
    const rest = expression.slice(length);
    return length + (rest.length - rest.trimStart().length);
  }
  return 0;
}

function compiledAt(expression: string, tokens: Tokens): ReturnType<typeof compile> {
  try {
    return compile(expression, OPTIONS);
  } catch (caught) {
    const offset = faultOffset(expression, tokens);
    const what =
      offset === expression.length ? "the expression is incomplete" : "this is not expected here";
    throw fault(expression, offset, `${what} (${messageOf(caught)})`, GRAMMAR);
  }
}

/**
 * The offset of the token at which the parser fails, which its errors do not have. It reads from left to right: the tokens
 * up to the fault are refused for what they are, and those before it are valid or, at worst, incomplete.
 */
function faultOffset(expression: string, tokens: Tokens): number {
  const index = tokens.findIndex((_token, at) => {
    const end = tokens[at + 1]?.start ?? expression.length;
    return isRefused(expression.slice(0, end));
  });
  return tokens[index]?.start ?? expression.length;
}

/** The library's messages about the end of the text. */
const ENDED =
  /^(?:invalid token \(EOF\)|unexpected token: \(EOF\)$|expect(?:ed|ing) [\w ]+, got: EOF$)/u;

/** Whether the parser refuses a token of the text rather than its end. */
function isRefused(text: string): boolean {
  try {
    compile(text, OPTIONS);
    return false;
  } catch (caught) {
    return !ENDED.test(messageOf(caught));
  }
}

/** The library looks a function up when it is called, which for `spawn` would be after the launch. */
function checkFunctions(expression: string, tokens: Tokens): void {
  for (const [index, { value, start }] of tokens.entries()) {
    const next = tokens[index + 1]?.start ?? expression.length;
    const isCall = /^[a-z_]/iu.test(expression.slice(start)) && expression[next] === "(";
    if (!isCall || typeof value !== "string" || isRegistered(value)) continue;
    const names = getRegisteredFunctions();
    const meant = closestTo(value, names);
    throw fault(
      expression,
      start,
      `there is no function ${quoted(value)}`,
      meant === null
        ? `The functions are ${names.toSorted().join(", ")}.`
        : `Did you mean ${meant}?`,
    );
  }
}

const GRAMMAR = "Write it as in [].{id: spawn_id, ip: machine.addresses.public}.";

function fault(expression: string, offset: number, what: string, remedy: string): SlipwayError {
  const column = offset + 1;
  const excerpt = excerptOf({ line: 1, column, text: expression.replaceAll(/\s/gu, " ") });
  return invalidArgument("USAGE", `--query: column ${column}: ${what}`, remedy, {
    column,
    excerpt,
  });
}

/**
 * A copy whose objects have no prototype: the library looks names up without asking whether they are a value's own, and
 * would find `constructor` in every object.
 */
function isolated(value: JsonValue): LibraryValue {
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map(isolated);
  const copy: Record<string, LibraryValue> = Object.create(null);
  for (const [name, field] of Object.entries(value)) copy[name] = isolated(field);
  return copy;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function messageOf(caught: unknown): string {
  const message = caught instanceof Error ? caught.message : String(caught);
  return message.replace(/^Syntax error[:,] /u, "");
}
