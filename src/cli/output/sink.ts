import { SlipwayError } from "../../errors.ts";

/** Where text goes: standard output or standard error. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Width of the terminal in columns. */
  readonly columns: number;
  /** Aborted once the reader at the other end has gone away. */
  readonly closed: AbortSignal;
  /** Resolves when the chunk has been handed on, or when the reader has gone away. Rejects on any other failure. */
  readonly write: (chunk: string | Uint8Array) => Promise<void>;
}

/** What a sink needs of a Node stream. */
export interface WritableStreamLike {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (
    chunk: string | Uint8Array,
    written: (failure?: Error | null) => void,
  ) => boolean;
  readonly on: (event: "error", listener: (failure: Error) => void) => unknown;
}

const DEFAULT_COLUMNS = 80;

/**
 * A sink over a process's stream. A reader that closes its end early (`slipway list | head -1`) is no failure: what
 * is written after that goes nowhere.
 */
export function createSink(stream: WritableStreamLike): Sink {
  const closed = new AbortController();
  // Node reports the same failure to the write's callback and as an event; an event without a listener would throw.
  stream.on("error", (failure) => {
    if (isClosedByReader(failure)) closed.abort();
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      // A terminal that was never told its size says 0.
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
    message: `what was to be printed cannot be written: ${failure.message}`,
    remedy: "Send it elsewhere, or make room where it goes; what the command did is done.",
    cause: failure,
  });
}
