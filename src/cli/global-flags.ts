import type { SlipwayError } from "../errors.ts";
import { GLOBAL_FLAGS, OUTPUT_FORMATS } from "./global-flag-list.ts";
import type { GlobalFlagDescription, OutputFormat } from "./global-flag-list.ts";
import { quoted } from "./terminal-text.ts";
import { usageError } from "./arguments/flags.ts";

/** The values of the global flags; null or false for a flag that was not given. */
export interface GlobalFlags {
  /** Null: a table on a terminal, otherwise YAML. */
  readonly output: OutputFormat | null;
  /** An expression in JMESPath, not compiled yet. */
  readonly query: string | null;
  readonly context: string | null;
  readonly tenant: string | null;
  readonly database: string | null;
  readonly keyFile: string | null;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export interface SeparatedArguments {
  readonly flags: GlobalFlags;
  /** The other arguments, in their order. */
  readonly rest: readonly string[];
  /** The first mistake in the arguments; the valid flags are parsed nevertheless. */
  readonly error: SlipwayError | null;
}

/**
 * Separates the global flags from the other arguments. They may stand anywhere before `--`: both
 * `slipway -o json get image` and `slipway get image -o json` work. If a flag is given twice, the last one wins, so
 * that a wrapper's defaults can be overridden.
 */
export function separateGlobalFlags(argv: readonly string[]): SeparatedArguments {
  const found = new Map<string, string>();
  const rest: string[] = [];
  const errors: SlipwayError[] = [];
  const end = argv.indexOf("--");
  const limit = end === -1 ? argv.length : end;
  for (let index = 0; index < limit; index += 1) {
    const argument = argv[index] ?? "";
    const match = matchGlobalFlag(argument);
    if (match === null) {
      rest.push(...separateLongValue(argument));
      const malformed = checkFlagForm(argument);
      if (malformed !== null) errors.push(malformed);
      continue;
    }
    const next = index + 1 < limit ? argv[index + 1] : undefined;
    const read = readValue(match, next);
    if (read.kind === "error") errors.push(read.error);
    else found.set(match.description.flag, read.value);
    if (read.kind === "next") index += 1;
  }
  const flags = toGlobalFlags(found, errors);
  return { flags, rest: [...rest, ...argv.slice(limit)], error: errors[0] ?? null };
}

interface GlobalFlagMatch {
  readonly description: GlobalFlagDescription;
  /** The text after `=`, or after `-o` in the same argument. */
  readonly inline: string | null;
}

function matchGlobalFlag(argument: string): GlobalFlagMatch | null {
  for (const description of GLOBAL_FLAGS) {
    const { flag, alias } = description;
    if (argument === flag || argument === alias) return { description, inline: null };
    if (argument.startsWith(`${flag}=`))
      return { description, inline: argument.slice(flag.length + 1) };
    // `-ojson` and `-o=json`, as in other command lines.
    if (alias !== undefined && argument.startsWith(alias) && !argument.startsWith("--"))
      return { description, inline: argument.slice(alias.length).replace(/^=/u, "") };
  }
  return null;
}

type ReadValue =
  | { readonly kind: "inline"; readonly value: string }
  | { readonly kind: "next"; readonly value: string }
  | { readonly kind: "error"; readonly error: SlipwayError };

function readValue({ description, inline }: GlobalFlagMatch, next: string | undefined): ReadValue {
  const { flag } = description;
  if (description.value === undefined) {
    if (inline === null) return { kind: "inline", value: "true" };
    return { kind: "error", error: usageError(`${flag} takes no value`, `Write only ${flag}.`) };
  }
  if (inline !== null && inline !== "") return { kind: "inline", value: inline };
  // A following flag is not the value: in `--tenant -o json` the value is missing.
  if (inline === null && next !== undefined && next !== "" && !/^-./u.test(next))
    return { kind: "next", value: next };
  return {
    kind: "error",
    error: usageError(`${flag} needs a value`, `Write ${flag} ${description.value}.`),
  };
}

function toGlobalFlags(found: ReadonlyMap<string, string>, errors: SlipwayError[]): GlobalFlags {
  const output = found.get("--output") ?? null;
  const format = OUTPUT_FORMATS.find((candidate) => candidate === output) ?? null;
  if (output !== null && format === null)
    errors.push(
      usageError(
        `--output: ${quoted(output)} is not one of ${OUTPUT_FORMATS.join(", ")}`,
        `Write --output ${OUTPUT_FORMATS.join("|")}.`,
      ),
    );
  const quiet = found.has("--quiet");
  const verbose = found.has("--verbose");
  if (quiet && verbose)
    errors.push(
      usageError("--quiet and --verbose are mutually exclusive", "Use only one of the two."),
    );
  return {
    output: format,
    query: found.get("--query") ?? null,
    context: found.get("--context") ?? null,
    tenant: found.get("--tenant") ?? null,
    database: found.get("--database") ?? null,
    keyFile: found.get("--key-file") ?? null,
    quiet,
    verbose,
  };
}

/** Splits `--name=value` in two if the value has several lines: the scanner only accepts single-line values there. */
function separateLongValue(argument: string): readonly string[] {
  const match = /^(--[a-z][a-z-]+)=((?!-).*[\n\r\u2028\u2029].*)$/su.exec(argument);
  return match === null ? [argument] : match.slice(1);
}

/** Rejects an argument that starts with a dash but does not have the form of a flag: it is a typo, never a name. */
function checkFlagForm(argument: string): SlipwayError | null {
  if (!/^-./u.test(argument)) return null;
  const empty = /^(--[a-z][a-z-]*)=$/u.exec(argument);
  if (empty !== null)
    return usageError(`${empty[1] ?? ""} needs a value`, "Write the value after the equals sign.");
  // The two flags of exec and shell sessions, as they are always typed.
  if (argument === "-it" || argument === "-ti") return null;
  if (/^--[a-z][a-z-]+(?:=|$)/iu.test(argument) || /^-[a-z](?:=|$)/iu.test(argument)) return null;
  return usageError(
    `unknown flag ${quoted(argument)}`,
    'Write "--" before an argument that begins with a dash.',
  );
}
