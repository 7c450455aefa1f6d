/**
 * Every file that is read by name. A name can lead to a named pipe, a device or a socket: opened or read the ordinary
 * way, it holds a thread of Node's until somebody writes to it, and no signal ends the process before that.
 */
import { closeSync, constants, createReadStream, fstatSync, openSync } from "node:fs";
import type { Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import { devNull } from "node:os";
import { addAbortSignal } from "node:stream";

// Without O_NONBLOCK the open of a named pipe waits for a writer; without O_NOCTTY that of a terminal may adopt it.
const OPEN_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** What opening a socket by name fails with. */
const SOCKET_OPENED = "ENXIO";

const CAUSES: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ELOOP: "too many symbolic links",
  ENOENT: "it does not exist",
  ENOTDIR: "a part of its path is not a folder",
  EPERM: "operation not permitted",
  [SOCKET_OPENED]: "it is a socket or a device without a driver",
};

/** A file that could be opened and is refused all the same. The message completes `FILE cannot be read: `. */
class FileRefused extends Error {}

/**
 * The content of a regular file; symbolic links are followed.
 *
 * @param limit the most bytes it may have
 * @param accept judges the opened file before it is read, and throws what the caller of this function is to get
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
 * The pieces of a regular file, or of a pipe until its writers have closed it: for input that people also name as
 * `/dev/stdin` or `<(command)`. The wait for a writer ends with the signal.
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
 * Refuses what a library that opens `path` itself would wait for. A file that does not exist is left to the library,
 * and so is the null device, by which people say that there is no file.
 *
 * @throws what {@link readRegularFile} throws
 */
export async function refuseEndlessFile(path: string): Promise<void> {
  if (path === devNull) return;
  const status = await stat(path).catch((caught: unknown) => {
    if (isAbsent(caught)) return null;
    throw caught;
  });
  if (status !== null && !status.isFile()) throw notRegular(status);
}

/** Whether an error of the file system says that there is no such file. */
export function isAbsent(caught: unknown): boolean {
  const code = errnoOf(caught);
  return code === "ENOENT" || code === "ENOTDIR";
}

/**
 * Why a file cannot be read, as a clause that follows a colon.
 *
 * @throws what was caught, where it is neither the file system's error nor one of this module
 */
export function whyUnreadable(caught: unknown): string {
  if (caught instanceof FileRefused) return caught.message;
  const code = errnoOf(caught);
  if (code === null) throw caught;
  const cause = CAUSES[code];
  return cause === undefined ? code : `${cause} (${code})`;
}

export function notRegular(status: Stats): Error {
  return new FileRefused(`it is ${kindOf(status)}, not a regular file`);
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
    if (size > limit) throw new FileRefused(`it is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function errnoOf(caught: unknown): string | null {
  if (!(caught instanceof Error) || !("code" in caught)) return null;
  return typeof caught.code === "string" ? caught.code : null;
}
