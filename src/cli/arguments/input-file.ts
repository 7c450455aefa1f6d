import { resolve } from "node:path";
import { cancellation } from "../../async/cancellation.ts";
import { invalidArgument, isSlipwayError } from "../../errors.ts";
import { readInput, whyUnreadable } from "../../host/read-file.ts";
import { quoted } from "../terminal-text.ts";
import { readLimited } from "./standard-input.ts";

export interface NamedFile {
  /** The path as the user typed it. */
  readonly file: string;
  /** Folder against which a relative path is resolved. */
  readonly from: string;
  /** The most bytes; default 1 MiB. */
  readonly limit?: number;
}

/**
 * Reads a document that a flag names: a regular file, or a pipe such as `/dev/stdin` or `<(command)`.
 *
 * @param kind What the file is, as a noun such as `plan`.
 * @throws `INVALID_ARGUMENT` for a file that cannot be read, `CANCELLED` once the signal is aborted
 */
export async function readInputFile(
  kind: string,
  { file, from, limit }: NamedFile,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const what = `the ${kind} ${quoted(file, 256)}`;
  try {
    return await readLimited(readInput(resolve(from, file), signal), what, limit);
  } catch (caught) {
    if (isSlipwayError(caught)) throw caught;
    if (caught instanceof Error && caught.name === "AbortError")
      throw cancellation(signal, `reading ${what}`);
    throw invalidArgument(
      "INVALID_INPUT",
      `cannot read ${what}: ${whyUnreadable(caught)}`,
      "Name an existing file that you have permission to read.",
    );
  }
}
