/** Options as programs in JavaScript hand them in, where types promise nothing: a misspelt one is never dropped. */
import { invalidArgument } from "../errors.ts";

/** What an option holds: one of these kinds, or one of the listed words. */
type OptionKind = keyof typeof KINDS | readonly string[];
/** Every option that there is, by name. */
type OptionShape = Readonly<Record<string, OptionKind>>;
/** The shape of these options, which leaves none of them out. */
export type ShapeOf<Options> = { readonly [Name in keyof Required<Options>]: OptionKind };

const KINDS = {
  text: { words: "a text", holds: (value: unknown) => typeof value === "string" },
  boolean: { words: "true or false", holds: (value: unknown) => typeof value === "boolean" },
  "whole number": {
    words: "a whole number, 0 or more",
    holds: (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0,
  },
  function: { words: "a function", holds: (value: unknown) => typeof value === "function" },
  signal: { words: "an AbortSignal", holds: isSignal },
  object: { words: "an object", holds: isObject },
  "workspace or plan": {
    words: "a workspace's name or a plan",
    holds: (value: unknown) => typeof value === "string" || isObject(value),
  },
} as const;

/**
 * Holds options to their shape. One that is undefined counts as left out.
 *
 * @param subject what takes the options, such as `spawnWorkspace`
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` naming the option
 */
export function checkOptions(subject: string, options: unknown, shape: OptionShape): void {
  if (!isObject(options))
    throw invalidArgument(
      "INVALID_INPUT",
      `the options of ${subject} must be an object, not ${kindOf(options)}`,
    );
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (kind === undefined)
      throw invalidArgument(
        "INVALID_INPUT",
        `${subject} has no option ${JSON.stringify(name.slice(0, 80))}`,
        `Its options are ${Object.keys(shape).join(", ")}.`,
      );
    if (value !== undefined && !holds(kind, value))
      throw invalidArgument(
        "INVALID_INPUT",
        `the option ${name} of ${subject} must be ${wordsOf(kind)}, not ${kindOf(value)}`,
      );
  }
}

/**
 * Holds a name, id or other positional text to being one.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT`
 */
export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value === "string") return;
  throw invalidArgument("INVALID_INPUT", `${name} must be a text, not ${kindOf(value)}`);
}

function holds(kind: OptionKind, value: unknown): boolean {
  if (typeof kind === "string") return KINDS[kind].holds(value);
  return kind.some((word) => word === value);
}

function wordsOf(kind: OptionKind): string {
  return typeof kind === "string" ? KINDS[kind].words : `one of ${kind.join(", ")}`;
}

/** What was given, without its content: it may be a secret that was put in the wrong place. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return String(value);
  return value === undefined ? "undefined" : `${article(typeof value)} ${typeof value}`;
}

function article(word: string): string {
  return word === "object" ? "an" : "a";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** By what it can do, as one from another realm is no instance of ours. */
function isSignal(value: unknown): boolean {
  if (!isObject(value) || !("aborted" in value) || !("addEventListener" in value)) return false;
  return typeof value.aborted === "boolean" && typeof value.addEventListener === "function";
}
