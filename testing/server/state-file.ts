/** The file in which a stand-in keeps its world. */
import type { z } from "zod";
import { type SlipwayError, invalidArgument } from "../../src/errors.ts";
import { isAbsent, readRegularFile, whyUnreadable } from "../../src/host/read-file.ts";
import { replaceFile } from "../../src/host/replace-file.ts";

/** Far more than a stand-in's world ever has, and what a process still reads in a second. */
const LARGEST_STATE_BYTES = 256 * 1024 * 1024;

/**
 * What an earlier stand-in kept there, or null where there is no such file yet.
 *
 * @param cloud whose stand-in it is, for the message
 * @throws SlipwayError `INVALID_INPUT` for a file that cannot be read or was not written by that stand-in
 */
export async function readStateFile<S extends z.ZodType>(
  path: string,
  schema: S,
  cloud: string,
): Promise<z.output<S> | null> {
  const text = await readText(path);
  if (text === null) return null;
  const read = schema.safeParse(parseJson(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalidArgument(
    "INVALID_INPUT",
    `${path} keeps no state of a stand-in for ${cloud}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    "Name another file, or delete this one to begin anew.",
  );
}

/**
 * Replaces the file as a whole, readable by its owner alone: whoever reads it, after a crash too, sees one state or the
 * next.
 *
 * @throws SlipwayError `INVALID_INPUT` where no file can be written
 */
export function writeStateFile(path: string, document: unknown): void {
  try {
    replaceFile(path, JSON.stringify(document));
  } catch (caught) {
    throw unusable(path, "written", caught);
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return (await readRegularFile(path, LARGEST_STATE_BYTES)).toString("utf8");
  } catch (caught) {
    if (isAbsent(caught)) return null;
    throw unusable(path, "read", caught);
  }
}

function unusable(path: string, what: "read" | "written", caught: unknown): SlipwayError {
  return invalidArgument(
    "INVALID_INPUT",
    `the state file ${path} cannot be ${what}: ${whyUnreadable(caught)}`,
    "Name a file in a folder that is there and yours.",
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it, with the right words.
    return null;
  }
}
