import { invalidArgument } from "../../errors.ts";

/** Largest document that is read from standard input or from a plan's file, in bytes. */
const LARGEST_INPUT = 1024 * 1024;

/** Reads a stream to its end, and no further than the limit. */
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
        "Make it smaller: no document of Slipway needs that much.",
        { limit },
      );
    chunks.push(bytes);
  }
  // A plain array: a Buffer's slice would share its bytes with whoever asked for a copy.
  return new Uint8Array(Buffer.concat(chunks));
}

/** The bytes less one line feed at their end, which the shell's tools put there. */
export function withoutTrailingNewline(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}
