import type { Readable } from "node:stream";
import { cancellation } from "../../../src/async/cancellation.ts";
import { isSlipwayError } from "../../../src/errors.ts";
import type { LogsRequest } from "../../../src/substrate/contract.ts";
import type { EngineApi } from "../client/api.ts";
import { failureOf } from "../client/transport.ts";
import { engineError } from "../errors/errors.ts";

export interface LogPorts {
  readonly api: Pick<EngineApi, "inspectContainer" | "logs">;
  /** The engine's address, for messages. */
  readonly engine: string;
}

/** Yields what a container has printed, in pieces; with `follow`, until the container ends. */
export async function* containerLogs(
  ports: LogPorts,
  id: string,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    if (signal.aborted) throw cancellation(signal, "reading logs");
    const { Config: configuration } = await ports.api.inspectContainer(id, signal);
    const stream = await ports.api.logs(id, request, signal);
    yield* unframe(stream, configuration.Tty);
  } catch (caught) {
    throw engineError(caught, {
      operation: "logs",
      engine: ports.engine,
      subject: `container ${id}`,
    });
  }
}

/**
 * Without a TTY the engine multiplexes standard output and standard error: each piece is preceded by a header of eight
 * bytes (stream number, three zeros, length). The pieces are joined again in the order in which the engine sent them.
 * Source: Docker Engine API, "Attach to a container", stream format.
 */
async function* unframe(stream: Readable, isTerminal: boolean): AsyncGenerator<Uint8Array> {
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

/** Reads frames that arrive in pieces of any size; buffers at most one header. */
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
