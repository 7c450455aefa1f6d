import { SlipwayError } from "../../errors.ts";

/** An output stream: standard output or standard error. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Width of the terminal in columns. */
  readonly columns: number;
  /** Aborted when the reader at the other end has closed the stream. */
  readonly closed: AbortSignal;
  /** Resolves when the chunk has been written or the reader has closed the stream. Rejects on any other failure. */
  readonly write: (chunk: string | Uint8Array) => Promise<void>;
}

/** The part of a Node stream that a sink uses. */
export interface WritableStreamLike {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly write: (
    chunk: string | Uint8Array,
    written: (failure?: Error | null) => void,
  ) => boolean;
  readonly on: {
    (event: "error", listener: (failure: Error) => void): unknown;
    (event: "resize", listener: () => void): unknown;
  };
  readonly off?: (event: "resize", listener: () => void) => unknown;
}

/** The width to which text is wrapped; null if the sink is not a terminal, where lines stay whole. */
export function terminalColumns({ isTerminal, columns }: Sink): number | null {
  return isTerminal ? columns : null;
}

const DEFAULT_COLUMNS = 80;

/**
 * Creates a sink for a process's stream. A reader that closes the stream early (`slipway list | head -1`) is not a
 * failure: later writes are discarded.
 */
export function createSink(stream: WritableStreamLike): Sink {
  const closed = new AbortController();
  // Node reports a failure both to the write's callback and as an event, and an unhandled error event throws.
  stream.on("error", (failure) => {
    if (isClosedByReader(failure)) closed.abort();
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      // A terminal whose size was never set reports 0 columns.
      return stream.columns || DEFAULT_COLUMNS;
    },
    closed: closed.signal,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        if (closed.signal.aborted) return resolve();
        stream.write(chunk, (failure) => {
          if (failure === undefined || failure === null) return resolve();
          if (!isClosedByReader(failure)) return reject(unwritable(failure));
          closed.abort();
          resolve();
        });
      }),
  };
}

function isClosedByReader(failure: Error): boolean {
  return "code" in failure && (failure.code === "EPIPE" || failure.code === "ERR_STREAM_DESTROYED");
}

function unwritable(failure: Error): SlipwayError {
  return new SlipwayError({
    code: "INTERNAL",
    reason: "INTERNAL",
    message: `cannot write the output: ${failure.message}`,
    remedy: "Free disk space or redirect the output. The command's effects were not undone.",
    cause: failure,
  });
}
