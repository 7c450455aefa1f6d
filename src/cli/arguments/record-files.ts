/** Reads the records in the files and folders that `--file` names. */
import { readdir, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { withOrigin } from "../../catalog/catalog-errors.ts";
import { invalidArgument } from "../../errors.ts";
import { whyUnreadable } from "../../host/read-file.ts";
import { LARGEST_STREAM_BYTES, parseDocuments } from "../../json/document/parse-document.ts";
import type { CliContext } from "../context.ts";
import { raceWithInterrupt } from "../shutdown.ts";
import { quoted, safeLine } from "../terminal-text.ts";
import { readInputFile } from "./input-file.ts";
import { readLimited } from "./standard-input.ts";

/** A document, and where it stands. */
export interface FoundDocument {
  /** Such as `records.yaml:12`. */
  readonly origin: string;
  readonly document: unknown;
}

const STANDARD_INPUT = "-";
const EXTENSIONS: ReadonlySet<string> = new Set([".yaml", ".yml", ".json"]);

type Source = Pick<CliContext, "stdin" | "workingDirectory" | "interrupt" | "progress">;

/**
 * Reads all documents before anything is done with one. Of a folder, it reads the YAML and JSON files, by name, without
 * those of its subfolders.
 *
 * @param names files, folders, or `-` for standard input
 * @throws SlipwayError `INVALID_ARGUMENT` for a file that cannot be read or parsed, or if there is no document at all
 */
export async function readRecordFiles(
  context: Source,
  names: readonly string[],
): Promise<readonly FoundDocument[]> {
  const found: FoundDocument[] = [];
  for (const name of names)
    for (const file of await filesOf(name, context))
      found.push(...(await readDocuments(file, context)));
  if (found.length > 0) return found;
  throw invalidArgument(
    "INVALID_INPUT",
    `${names.map((name) => quoted(name, 256)).join(", ")}: no documents`,
    "Write each record as a document with its kind; `slipway export` shows the form.",
  );
}

/** The file itself, or the files of a folder. */
async function filesOf(name: string, { workingDirectory }: Source): Promise<readonly string[]> {
  if (name === STANDARD_INPUT) return [name];
  const path = resolve(workingDirectory, name);
  try {
    if (!(await stat(path)).isDirectory()) return [name];
    const entries = await readdir(path);
    return entries
      .filter((entry) => EXTENSIONS.has(extname(entry)))
      .toSorted()
      .map((entry) => join(name, entry));
  } catch (caught) {
    throw invalidArgument(
      "INVALID_INPUT",
      `cannot read ${quoted(name, 256)}: ${whyUnreadable(caught)}`,
      "Name a file or a folder that you have permission to read, or - for standard input.",
    );
  }
}

async function readDocuments(file: string, context: Source): Promise<readonly FoundDocument[]> {
  const origin = file === STANDARD_INPUT ? "standard input" : safeLine(file);
  const bytes = await readBytes(file, context);
  return withOrigin(origin, () => parseDocuments(bytes)).flatMap(({ value, line }) =>
    // A list of records, as `get` and `export` print in JSON.
    Array.isArray(value)
      ? value.map((document, index) => ({ origin: `${origin}[${index}]`, document }))
      : [{ origin: `${origin}:${line}`, document: value }],
  );
}

async function readBytes(file: string, context: Source): Promise<Uint8Array> {
  const { stdin, workingDirectory, interrupt, progress } = context;
  if (file !== STANDARD_INPUT)
    return await readInputFile(
      "file",
      { file, from: workingDirectory, limit: LARGEST_STREAM_BYTES },
      interrupt,
    );
  if (stdin.isTTY === true)
    progress.hint("reading from standard input; end it with Ctrl-D on a new line");
  const reading = readLimited(stdin, "standard input", LARGEST_STREAM_BYTES);
  return await raceWithInterrupt(interrupt, reading);
}
