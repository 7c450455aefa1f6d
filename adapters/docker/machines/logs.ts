import type { Readable } from "node:stream";
import { isSlipwayError } from "../../../src/errors.ts";
import { failureOf } from "../client/transport.ts";

/**
 * What a container printed, from the engine's stream. Without a terminal the engine wraps each piece in a frame of
 * eight bytes (stream, three zeros, length) so that both outputs fit one stream; here they are one again, in order.
 */
export async function* unframe(stream: Readable, isTerminal: boolean): AsyncGenerator<Uint8Array> {
  const frames = createFrameReader();
  try {
    for await (const piece of stream) {
      if (!(piece instanceof Uint8Array)) continue;
      if (isTerminal) yield piece;
      else yield* frames.read(piece);
    }
  } catch (caught) {
    throw isSlipwayError(caught) ? caught : failureOf(caught, true);
  }
}

const HEADER_BYTES = 8;
const LENGTH_OFFSET = 4;

/** Takes frames apart however their bytes arrive; holds no more than a header. */
function createFrameReader() {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  return {
    *read(piece: Uint8Array): Generator<Uint8Array> {
      let offset = 0;
      while (offset < piece.length) {
        if (left > 0) {
          const content = piece.subarray(offset, offset + left);
          left -= content.length;
          offset += content.length;
          yield content;
          continue;
        }
        const taken = piece.subarray(offset, offset + HEADER_BYTES - headerBytes);
        header.set(taken, headerBytes);
        headerBytes += taken.length;
        offset += taken.length;
        if (headerBytes < HEADER_BYTES) return;
        left = header.readUInt32BE(LENGTH_OFFSET);
        headerBytes = 0;
      }
    },
  };
}
