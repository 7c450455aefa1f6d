import { SlipwayError } from "../../../src/errors.ts";

/** A file to copy into a container. */
export interface TarFile {
  /** Absolute. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** Offsets of a header's fields, after POSIX.1-1988 (ustar). */
const FIELD = { name: 0, mode: 100, uid: 108, gid: 116, size: 124, time: 136, sum: 148 } as const;
const TYPE_OFFSET = 156;
const MAGIC_OFFSET = 257;
const PREFIX_OFFSET = 345;
const REGULAR_FILE = "0";
const OLD_REGULAR_FILE = "\0";

/**
 * Packs the files into a tar archive. It contains no folders on purpose: the engine creates missing ones and keeps
 * the permissions of existing ones.
 *
 * Throws `RESOURCE_VALUE_REFUSED` for a path that is not absolute, contains `..`, or is too long.
 */
export function tarOf(files: readonly TarFile[]): Uint8Array {
  const parts = files.flatMap((file) => [header(file), file.content, padding(file.content.length)]);
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK)]);
}

/** The content of the first regular file in an archive; null if there is none. */
export function firstFileOf(archive: Uint8Array): Uint8Array | null {
  let offset = 0;
  while (offset + BLOCK <= archive.length) {
    const block = archive.subarray(offset, offset + BLOCK);
    const type = String.fromCharCode(block[TYPE_OFFSET] ?? 0);
    const size = Number.parseInt(ascii(block.subarray(FIELD.size, FIELD.time)), 8);
    if (!Number.isInteger(size) || size < 0) return null;
    const start = offset + BLOCK;
    if (type === REGULAR_FILE || type === OLD_REGULAR_FILE)
      return archive.subarray(start, start + size);
    offset = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return null;
}

function header(file: TarFile): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const { prefix, name } = splitPath(file.path);
  block.set(Buffer.from(name), FIELD.name);
  block.set(octal(file.mode, 8), FIELD.mode);
  block.set(octal(file.uid, 8), FIELD.uid);
  block.set(octal(file.gid, 8), FIELD.gid);
  block.set(octal(file.content.length, 12), FIELD.size);
  block.set(octal(0, 12), FIELD.time);
  block.set(Buffer.from(REGULAR_FILE), TYPE_OFFSET);
  block.set(Buffer.from("ustar\u000000"), MAGIC_OFFSET);
  block.set(Buffer.from(prefix), PREFIX_OFFSET);
  // The checksum counts its own field as spaces.
  block.fill(0x20, FIELD.sum, TYPE_OFFSET);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), FIELD.sum);
  return block;
}

/** Splits a path of more than 100 bytes at a `/` into prefix and name. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  const parts = path.split("/").slice(1);
  const isPlain = parts.every((part) => !["", ".", ".."].includes(part) && !part.includes("\0"));
  if (!path.startsWith("/") || !isPlain) throw refused(path, "is not a plain absolute path");
  for (let cut = 0; cut < parts.length; cut += 1) {
    const prefix = parts.slice(0, cut).join("/");
    const name = parts.slice(cut).join("/");
    if (Buffer.byteLength(name) <= NAME_BYTES && Buffer.byteLength(prefix) <= PREFIX_BYTES)
      return { prefix, name };
  }
  throw refused(path, "is too long");
}

/** Octal digits. A larger number is written in binary with the first bit set, as GNU tar does. */
function octal(value: number, length: number): Uint8Array {
  const digits = value.toString(8);
  if (digits.length < length) return Buffer.from(`${digits.padStart(length - 1, "0")}\0`);
  const field = Buffer.alloc(length);
  field.writeUIntBE(value, length - 6, 6);
  field[0] = 0x80;
  return field;
}

function padding(length: number): Uint8Array {
  return new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK);
}

function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1").replaceAll("\0", " ").trim();
}

function refused(path: string, why: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "RESOURCE_VALUE_REFUSED",
    message: `a secret cannot be mounted at ${path}: the path ${why}`,
    remedy: "Mount it at an absolute path of at most 250 characters without . and .. parts.",
  });
}
