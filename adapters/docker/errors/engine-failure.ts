import { cutWords } from "../../../src/redaction/cut.ts";

/**
 * What can go wrong between us and the engine, before it is judged: the engine could not be spoken to, or it answered
 * with an error. Neither holds a request's headers or body, in which credentials and secrets travel.
 */

/** Longest piece of the engine's own words that is kept. */
const LONGEST_WORDS = 2_000;

/** The engine answered with a status that is no success. */
export class EngineReplyFailure extends Error {
  override readonly name = "EngineReplyFailure";
  readonly status: number;

  constructor(status: number, words: string) {
    super(oneLine(words) || `HTTP status ${status}`);
    this.status = status;
  }
}

/** The engine's answer did not come, or not whole. */
export class EngineConnectionFailure extends Error {
  override readonly name = "EngineConnectionFailure";
  /** The system's code, such as `ECONNREFUSED`; `TIMED_OUT` where we gave up waiting. */
  readonly code: string;
  /** False only where the request cannot have reached the engine. */
  readonly sent: boolean;

  constructor(failure: { readonly code: string; readonly sent: boolean; readonly words: string }) {
    super(oneLine(failure.words));
    this.code = failure.code;
    this.sent = failure.sent;
  }
}

/** The engine's words on one line, without control characters, of bounded length. */
export function oneLine(words: string): string {
  return cutWords(words, LONGEST_WORDS)
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
}
