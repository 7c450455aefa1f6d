import { invalidArgument } from "../../src/errors.ts";

export interface EntryOwnership {
  /** Relative to the root of the image, with `/` as separator; a leading `/` is dropped. */
  readonly path: string;
  /** Permission bits. Default 0o755 for directories, 0o644 for files, 0o777 for symbolic links. */
  readonly mode?: number;
  /** Default 0. */
  readonly uid?: number;
  /** Default 0. */
  readonly gid?: number;
}

/** One entry of a layer. */
export type LayerEntry =
  | (EntryOwnership & { readonly type: "directory" })
  | (EntryOwnership & { readonly type: "file"; readonly content: Uint8Array | string })
  | (EntryOwnership & { readonly type: "symlink"; readonly target: string });

const BLOCK = 512;
const TYPE_FLAGS = { file: "0", symlink: "2", directory: "5" } as const;
const DEFAULT_MODES = { file: 0o644, symlink: 0o777, directory: 0o755 } as const;

/**
 * The entries as a tar archive in the ustar format (POSIX.1-1988), in the given order. All times are 0, so that the same
 * entries yield the same bytes.
 *
 * @throws SlipwayError `INVALID_INPUT` for a path, link or number that ustar cannot represent.
 */
export function writeTar(entries: readonly LayerEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const body = entry.type === "file" ? asBytes(entry.content) : new Uint8Array(0);
    parts.push(header(entry, body.byteLength), body);
    const rest = body.byteLength % BLOCK;
    if (rest > 0) parts.push(new Uint8Array(BLOCK - rest));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Uint8Array(Buffer.concat(parts));
}

function asBytes(value: Uint8Array | string): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

function header(entry: LayerEntry, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const { prefix, name } = splitPath(entry);
  text(block, 0, 100, name);
  octal(block, 100, 8, entry.mode ?? DEFAULT_MODES[entry.type]);
  octal(block, 108, 8, entry.uid ?? 0);
  octal(block, 116, 8, entry.gid ?? 0);
  octal(block, 124, 12, size);
  octal(block, 136, 12, 0);
  text(block, 156, 1, TYPE_FLAGS[entry.type]);
  if (entry.type === "symlink") text(block, 157, 100, entry.target);
  text(block, 257, 8, "ustar\u000000");
  text(block, 345, 155, prefix);
  // The checksum is computed with its own field as spaces, and stored as six digits, NUL, space.
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(block, 148, 8, `${sum.toString(8).padStart(6, "0")}\u0000 `);
  return block;
}

/** A path of more than 100 bytes is split at a `/` into a prefix of up to 155 bytes and a name of up to 100. */
function splitPath(entry: LayerEntry): { readonly prefix: string; readonly name: string } {
  const parts = entry.path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.includes(".."))
    throw invalidArgument(
      "INVALID_INPUT",
      `the path of the layer entry is not usable: "${entry.path}"`,
    );
  const suffix = entry.type === "directory" ? "/" : "";
  for (let cut = 0; cut < parts.length; cut += 1) {
    const prefix = parts.slice(0, cut).join("/");
    const name = parts.slice(cut).join("/") + suffix;
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { prefix, name };
  }
  throw invalidArgument(
    "INVALID_INPUT",
    `the path of the layer entry is too long for ustar: ${entry.path}`,
  );
}

function text(block: Uint8Array, offset: number, length: number, value: string): void {
  const bytes = new TextEncoder().encode(value);
  if (bytes.byteLength > length)
    throw invalidArgument("INVALID_INPUT", `"${value}" is longer than ${length} bytes`);
  block.set(bytes, offset);
}

function octal(block: Uint8Array, offset: number, length: number, value: number): void {
  const digits = value.toString(8);
  if (!Number.isInteger(value) || value < 0 || digits.length > length - 1)
    throw invalidArgument(
      "INVALID_INPUT",
      `${value} does not fit a ustar field of ${length} bytes`,
    );
  text(block, offset, length, digits.padStart(length - 1, "0"));
}
