/** The file in which a stand-in keeps its world. */
import { closeSync, fstatSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { z } from "zod";
import { type SlipwayError, invalidArgument } from "../../src/errors.ts";

/** Far more than a stand-in's world ever has, and what a process still reads in a second. */
const LARGEST_STATE_BYTES = 256 * 1024 * 1024;

/**
 * What an earlier stand-in kept there, or null where there is no such file yet.
 *
 * @param cloud whose stand-in it is, for the message
 * @throws SlipwayError `INVALID_INPUT` for a file that cannot be read or was not written by that stand-in
 */
export function readStateFile<S extends z.ZodType>(
  path: string,
  schema: S,
  cloud: string,
): z.output<S> | null {
  const text = readText(path);
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
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, JSON.stringify(document), { mode: 0o600 });
    renameSync(draft, path);
  } catch (caught) {
    throw unusable(path, "written", caught);
  }
}

function readText(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (caught) {
    if (caught instanceof Error && "code" in caught && caught.code === "ENOENT") return null;
    throw unusable(path, "read", caught);
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw new Error("it is no file");
    if (status.size > LARGEST_STATE_BYTES)
      throw new Error(`it has more than ${LARGEST_STATE_BYTES} bytes`);
    return readFileSync(file, "utf8");
  } catch (caught) {
    throw unusable(path, "read", caught);
  } finally {
    closeSync(file);
  }
}

function unusable(path: string, what: "read" | "written", caught: unknown): SlipwayError {
  const why = caught instanceof Error ? caught.message : String(caught);
  return invalidArgument(
    "INVALID_INPUT",
    `the state file ${path} cannot be ${what}: ${why}`,
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
