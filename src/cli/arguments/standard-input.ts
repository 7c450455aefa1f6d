import { invalidArgument } from "../../errors.ts";

/** Size limit for documents read from standard input or from a file, in bytes. */
const LARGEST_INPUT = 1024 * 1024;

/** Reads a whole stream, and fails as soon as it exceeds the limit. */
export async function readLimited(
  stream: AsyncIterable<Uint8Array | string>,
  what: string,
  limit = LARGEST_INPUT,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    size += bytes.byteLength;
    if (size > limit)
      throw invalidArgument(
        "INPUT_TOO_LARGE",
        `${what} is larger than ${limit} bytes`,
        "Make it smaller.",
        { limit },
      );
    chunks.push(bytes);
  }
  // Copied into a plain Uint8Array: `slice` on a Buffer would share memory instead of copying.
  return new Uint8Array(Buffer.concat(chunks));
}

/** Removes one trailing newline, which shell tools append. */
export function withoutTrailingNewline(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}
