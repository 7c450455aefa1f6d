/**
 * Reads files by name. A name can lead to a pipe, a device or a socket. Opened or read in the ordinary way, these block
 * one of Node's threads until another process writes, and until then no signal that Node handles ends the process.
 */
import { closeSync, constants, createReadStream, fstatSync, openSync } from "node:fs";
import type { Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import { devNull } from "node:os";
import { addAbortSignal } from "node:stream";
import { errorCode } from "./error-code.ts";

// Without O_NONBLOCK, opening a pipe waits for a writer. Without O_NOCTTY, this process may adopt a terminal it opens.
const OPEN_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** In bytes. Far more than a configuration of thousands of profiles, or all certificate authorities of a system. */
const LARGEST_FILE_OF_LIBRARY = 16 * 1024 * 1024;

/** The error of opening a socket by name. */
const SOCKET_OPENED = "ENXIO";

const CAUSES: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ELOOP: "too many symbolic links",
  ENOENT: "it does not exist",
  ENOTDIR: "a part of its path is not a folder",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  [SOCKET_OPENED]: "it is a socket or a device without a driver",
};

/** A file that Slipway refuses to read. The message is a clause that follows `FILE cannot be read: `. */
class FileRefused extends Error {}

/**
 * Reads a regular file. Symbolic links are followed.
 *
 * @param limit largest size, in bytes
 * @param accept called with the status of the opened file; throws to refuse it
 * @throws the error of the file system, or one that {@link whyUnreadable} explains
 */
export async function readRegularFile(
  path: string,
  limit: number,
  accept: (status: Stats) => void = () => undefined,
): Promise<Buffer> {
  await using file = await open(path, OPEN_WITHOUT_WAITING);
  const status = await file.stat();
  if (!status.isFile()) throw notRegular(status);
  accept(status);
  // The size of the status is not the limit: it is 0 for files of the kernel, and a file can grow while it is read.
  return await collect(file.createReadStream({ end: limit, autoClose: false }), limit);
}

/**
 * Reads a regular file, or a pipe until its writers have closed it, for input that users also name as `/dev/stdin` or
 * `<(command)`. The signal ends the wait for a writer.
 *
 * @throws what {@link readRegularFile} throws, or an `AbortError`
 */
export async function* readInput(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const descriptor = openSync(path, OPEN_WITHOUT_WAITING);
  const status = fstatSync(descriptor);
  if (!status.isFile() && !status.isFIFO()) {
    closeSync(descriptor);
    throw notRegular(status);
  }
  const stream = status.isFile()
    ? createReadStream(path, { fd: descriptor })
    : addAbortSignal(signal, new Socket({ fd: descriptor, readable: true, writable: false }));
  // Leaving the loop, however it is left, closes the descriptor.
  for await (const chunk of stream) yield chunk;
}

/**
 * Refuses a pipe, device or socket that a library is about to open itself, and a file that would take it long: Node reads
 * the certificates of 100 MB in 8 seconds, in which no signal ends it. Accepts a file that cannot be opened, which the
 * library reports, and the null device, which users name to mean an empty file.
 *
 * @throws an error that {@link whyUnreadable} explains
 */
export async function refuseEndlessFile(path: string): Promise<void> {
  if (path === devNull) return;
  const status = await stat(path).catch((caught: unknown) => {
    if (errorCode(caught) !== null) return null;
    throw caught;
  });
  if (status === null) return;
  if (!status.isFile()) throw notRegular(status);
  if (status.size > LARGEST_FILE_OF_LIBRARY) throw tooLarge(LARGEST_FILE_OF_LIBRARY);
}

/** Whether a path leads to a pipe, a device or a socket, which may make its reader wait. */
export async function isEndless(path: string): Promise<boolean> {
  try {
    const status = await stat(path);
    return !status.isFile() && !status.isDirectory();
  } catch (caught) {
    if (errorCode(caught) === null) throw caught;
    return false;
  }
}

/** Whether a path leads to anything, also if this user may not look at it. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (caught) {
    if (errorCode(caught) === null) throw caught;
    return !isAbsent(caught);
  }
}

/** Whether the file system reports that a file does not exist. */
export function isAbsent(caught: unknown): boolean {
  const code = errorCode(caught);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Whether a part of a path that should be a folder is a file. */
export function isBelowFile(caught: unknown): boolean {
  return errorCode(caught) === "ENOTDIR";
}

/**
 * Explains why a file cannot be read, as a clause that follows a colon.
 *
 * @throws the error itself if it comes neither from the file system nor from this module
 */
export function whyUnreadable(caught: unknown): string {
  if (caught instanceof FileRefused) return caught.message;
  const code = errorCode(caught);
  if (code === null) throw caught;
  const cause = CAUSES[code];
  return cause === undefined ? code : `${cause} (${code})`;
}

/** Like {@link whyUnreadable}, for a file that cannot be created or replaced. */
export function whyUnwritable(caught: unknown): string {
  return errorCode(caught) === "ENOENT"
    ? "its folder does not exist (ENOENT)"
    : whyUnreadable(caught);
}

export function notRegular(status: Stats): Error {
  return new FileRefused(`it is ${kindOf(status)}, not a regular file`);
}

function tooLarge(limit: number): Error {
  return new FileRefused(`it is larger than ${limit} bytes`);
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return "a folder";
  if (status.isSymbolicLink()) return "a symbolic link";
  if (status.isFIFO()) return "a pipe";
  if (status.isSocket()) return "a socket";
  return "a device";
}

async function collect(stream: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
