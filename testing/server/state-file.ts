/** The file in which a fake persists its state. */
import type { z } from "zod";
import { type SlipwayError, invalidArgument } from "../../src/errors.ts";
import {
  isAbsent,
  readRegularFile,
  whyUnreadable,
  whyUnwritable,
} from "../../src/host/read-file.ts";
import { describeSchemaFault } from "../../src/json/schema-fault.ts";
import { replaceFile } from "../../src/host/replace-file.ts";

/** Far larger than any real state of a fake, and still readable within a second. */
const MAXIMUM_STATE_BYTES = 256 * 1024 * 1024;

/**
 * The state that an earlier fake saved, or null if the file does not exist.
 *
 * @param cloud name of the cloud, for the message
 * @throws SlipwayError `INVALID_INPUT` if the file is unreadable or was not written by a fake of this cloud
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
  throw invalidArgument(
    "INVALID_INPUT",
    `${path} is not a state file of the ${cloud} fake: ${describeSchemaFault(read.error)}`,
    "Name another file, or delete this one to start afresh.",
  );
}

/**
 * Replaces the file atomically, readable by its owner only: a reader, also after a crash, sees either the old state or
 * the new one.
 *
 * @throws SlipwayError `INVALID_INPUT` if the file cannot be written
 */
export function writeStateFile(path: string, document: unknown): void {
  try {
    replaceFile(path, JSON.stringify(document));
  } catch (caught) {
    throw unusableFile(path, `written: ${whyUnwritable(caught)}`);
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return (await readRegularFile(path, MAXIMUM_STATE_BYTES)).toString("utf8");
  } catch (caught) {
    if (isAbsent(caught)) return null;
    throw unusableFile(path, `read: ${whyUnreadable(caught)}`);
  }
}

function unusableFile(path: string, what: string): SlipwayError {
  return invalidArgument(
    "INVALID_INPUT",
    `the state file ${path} cannot be ${what}`,
    "Name a file in an existing folder that you can write to.",
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller's schema rejects null with a suitable message.
    return null;
  }
}
