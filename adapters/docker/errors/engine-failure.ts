import { cutWords } from "../../../src/redaction/cut.ts";

/**
 * Raw failures of a call to the engine: no connection, or an error reply. Neither contains the request's headers or
 * body, which carry credentials and secrets.
 */

/** Longest text of the engine's message that is kept. */
const LONGEST_WORDS = 2_000;

/** The engine replied with an error. */
export class EngineReplyFailure extends Error {
  override readonly name = "EngineReplyFailure";
  /** The HTTP status; null for a line of a pull's progress, which follows the status 200. */
  readonly status: number | null;

  constructor(status: number | null, words: string) {
    super(oneLine(words) || (status === null ? "no reason given" : `HTTP status ${status}`));
    this.status = status;
  }
}

/** The engine's reply is missing or incomplete. */
export class EngineConnectionFailure extends Error {
  override readonly name = "EngineConnectionFailure";
  /** The system's code, such as `ECONNREFUSED`; `TIMED_OUT` if Slipway's limit ended the call. */
  readonly code: string;
  /** False only where the request cannot have reached the engine. */
  readonly sent: boolean;

  constructor(failure: { readonly code: string; readonly sent: boolean; readonly words: string }) {
    super(oneLine(failure.words));
    this.code = failure.code;
    this.sent = failure.sent;
  }
}

/** The engine's message as one line of bounded length without control characters. */
export function oneLine(words: string): string {
  return cutWords(words, LONGEST_WORDS)
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
}
