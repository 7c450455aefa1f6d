/** Validates options at run time, because JavaScript callers have no type checks. A misspelt option is an error. */
import { invalidArgument } from "../errors.ts";

/** The values that an option accepts: a kind of value, or one of the listed strings. */
type OptionKind = keyof typeof KINDS | readonly string[];
/** Every allowed option, keyed by name. */
type OptionShape = Readonly<Record<string, OptionKind>>;
/** The shape of these options. The compiler rejects one that omits an option. */
export type ShapeOf<Options> = { readonly [Name in keyof Required<Options>]: OptionKind };

const KINDS = {
  string: { words: "a string", holds: (value: unknown) => typeof value === "string" },
  boolean: { words: "true or false", holds: (value: unknown) => typeof value === "boolean" },
  "whole number": {
    words: "a whole number, 0 or more",
    holds: (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0,
  },
  function: { words: "a function", holds: (value: unknown) => typeof value === "function" },
  signal: { words: "an AbortSignal", holds: isSignal },
  object: { words: "an object", holds: isObject },
  list: { words: "a list", holds: (value: unknown) => Array.isArray(value) },
  strings: {
    words: "a list of strings",
    holds: (value: unknown) =>
      Array.isArray(value) && value.every((item) => typeof item === "string"),
  },
  key: {
    words: "32 bytes or their base64",
    holds: (value: unknown) => typeof value === "string" || value instanceof Uint8Array,
  },
  // Checked by its owner, who can say where it is not JSON.
  "JSON value": { words: "a JSON value", holds: () => true },
  "workspace or plan": {
    words: "a workspace's name or a plan",
    holds: (value: unknown) => typeof value === "string" || isObject(value),
  },
} as const;

/**
 * Checks options against their shape. An undefined option counts as omitted.
 *
 * @param subject the function that the options are for, such as `spawnWorkspace`
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
        `the option ${name} of ${subject} must be ${descriptionOf(kind)}, not ${kindOf(value)}`,
      );
  }
}

/**
 * Checks that a name, id or other positional argument is a string.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT`
 */
export function checkString(name: string, value: unknown): asserts value is string {
  if (typeof value === "string") return;
  throw invalidArgument("INVALID_INPUT", `${name} must be a string, not ${kindOf(value)}`);
}

function holds(kind: OptionKind, value: unknown): boolean {
  if (typeof kind === "string") return KINDS[kind].holds(value);
  return kind.some((word) => word === value);
}

function descriptionOf(kind: OptionKind): string {
  return typeof kind === "string" ? KINDS[kind].words : `one of ${kind.join(", ")}`;
}

/** Describes a value without its content, which may be a misplaced secret. */
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

/** Checks the interface instead of the class: a signal from another realm is not an instance of this realm's class. */
function isSignal(value: unknown): boolean {
  if (!isObject(value) || !("aborted" in value) || !("addEventListener" in value)) return false;
  return typeof value.aborted === "boolean" && typeof value.addEventListener === "function";
}
