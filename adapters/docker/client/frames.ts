import type { OutputStream } from "../../../src/substrate/contract.ts";

/** A piece of a container's output. */
export interface OutputPiece {
  readonly stream: OutputStream;
  readonly bytes: Uint8Array;
}

/**
 * Without a TTY the engine multiplexes standard output and standard error: each piece is preceded by a header of eight
 * bytes (stream number, three zeros, length). Source: Docker Engine API, "Attach to a container", stream format.
 */
export interface FrameReader {
  /** Returns what the next bytes of the engine contain, in their order. */
  read(bytes: Uint8Array): Generator<OutputPiece>;
  /** Whether the bytes so far end between two frames. */
  isComplete(): boolean;
}

const HEADER_BYTES = 8;
const LENGTH_OFFSET = 4;
/** The number of standard output. The others are 2, standard error, and 3, the engine's own errors. */
const STANDARD_OUTPUT = 1;

/** Reads frames that arrive in pieces of any size; buffers at most one header. */
export function createFrameReader(): FrameReader {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  let stream: OutputStream = "stdout";
  return {
    *read(bytes) {
      let offset = 0;
      while (offset < bytes.length) {
        if (left > 0) {
          const content = bytes.subarray(offset, offset + left);
          left -= content.length;
          offset += content.length;
          yield { stream, bytes: content };
          continue;
        }
        const taken = bytes.subarray(offset, offset + HEADER_BYTES - headerBytes);
        header.set(taken, headerBytes);
        headerBytes += taken.length;
        offset += taken.length;
        if (headerBytes < HEADER_BYTES) return;
        stream = header[0] === STANDARD_OUTPUT ? "stdout" : "stderr";
        left = header.readUInt32BE(LENGTH_OFFSET);
        headerBytes = 0;
      }
    },
    isComplete: () => left === 0 && headerBytes === 0,
  };
}
