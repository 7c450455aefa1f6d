import { invalidArgument, isSlipwayError } from "../../errors.ts";
import type { JsonValue } from "../../errors.ts";
import type { SpawnAdditions } from "../../slipway/slipway.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "./flags.ts";
import { readInputFile } from "./input-file.ts";
import type { NamedFile } from "./input-file.ts";

/** 10,000 inputs of 4 KiB. */
const LARGEST_INPUTS = 64 * 1024 * 1024;

export interface InputFlags {
  readonly env?: readonly string[];
  readonly label?: readonly string[];
  readonly inputFile?: string;
  readonly inputs?: string;
}

/** The additions of the flags to each spawn. */
export interface FlaggedInput {
  /** For every spawn. */
  readonly shared: SpawnAdditions;
  /** One input for each spawn; null without `--inputs`. */
  readonly each: readonly JsonValue[] | null;
}

/**
 * Reads `--env`, `--label`, `--input-file` and `--inputs`.
 *
 * @param from folder against which relative paths are resolved
 * @throws SlipwayError `INVALID_ARGUMENT`, `CANCELLED` once the signal is aborted
 */
export async function readSpawnInput(
  flags: InputFlags,
  from: string,
  signal: AbortSignal,
): Promise<FlaggedInput> {
  const { env = [], label = [], inputFile, inputs } = flags;
  if (inputFile !== undefined && inputs !== undefined)
    throw usageError(
      "--input-file and --inputs are mutually exclusive",
      "Give one input for all spawns, or a file with one line for each.",
    );
  const shared: SpawnAdditions = {
    ...(env.length === 0 ? {} : { env: parsePairs("--env", "KEY=VALUE", env) }),
    ...(label.length === 0 ? {} : { labels: parsePairs("--label", "key=value", label) }),
    ...(inputFile === undefined
      ? {}
      : { input: await readInput({ file: inputFile, from }, signal) }),
  };
  const each = inputs === undefined ? null : await readInputs({ file: inputs, from }, signal);
  return { shared, each };
}

/** Parses the words of a flag that is repeated for each pair. The value may be empty and may contain `=`. */
export function parsePairs(
  flag: string,
  form: string,
  words: readonly string[],
): Readonly<Record<string, string>> {
  const pairs = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf("=");
    // The word is not shown, because a value may have been pasted into the wrong place.
    if (equals <= 0) throw usageError(`${flag} needs ${form}`, `For example, ${flag} task=7.`);
    const key = word.slice(0, equals);
    if (pairs.has(key))
      throw usageError(`${flag}: ${quoted(key)} is given more than once`, "Give it one value.");
    pairs.set(key, word.slice(equals + 1));
  }
  // fromEntries defines own properties, so that even `__proto__` is an ordinary key.
  return Object.fromEntries(pairs);
}

async function readInput(named: NamedFile, signal: AbortSignal): Promise<JsonValue> {
  return await parseJson(await readInputFile("input", named, signal), quoted(named.file, 256));
}

/** One input on each line; the last line may end without a line feed. */
async function readInputs(named: NamedFile, signal: AbortSignal): Promise<readonly JsonValue[]> {
  const bytes = await readInputFile("inputs", { ...named, limit: LARGEST_INPUTS }, signal);
  const lines = splitLines(bytes);
  const inputs: JsonValue[] = [];
  for (const [index, line] of lines.entries())
    inputs.push(await parseJson(line, `line ${index + 1} of ${quoted(named.file, 256)}`));
  return inputs;
}

function splitLines(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    lines.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = end === -1 ? bytes.length : end + 1;
  }
  return lines;
}

/** Parses JSON under the rules of a record: no duplicate keys, and no number that would lose digits. */
async function parseJson(bytes: Uint8Array, what: string): Promise<JsonValue> {
  const { parseDocument } = await import("../../json/document/parse-document.ts");
  try {
    // The document's parser also reads YAML, which a misspelt JSON value often is.
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return parseDocument(bytes);
  } catch (caught) {
    const why = isSlipwayError(caught) ? `: ${caught.message}` : "";
    throw invalidArgument(
      "INVALID_INPUT",
      `${what} is not valid JSON${why}`,
      "Write JSON: one value in an input file, one value on each line of an inputs file.",
    );
  }
}
