/** First and longest mean pause before a retry, in milliseconds. */
const FIRST = 200;
const LONGEST = 20_000;

/**
 * The pause before a retry, in milliseconds: full jitter over a doubling range, so that calls that were refused
 * together do not return together, plus what the provider asked for.
 *
 * @param failures number of failures so far, from 1
 * @param random from 0 up to 1
 * @param retryAfter pause that the provider asked for, in milliseconds; null if it asked for none
 */
export function retryDelay(failures: number, random: number, retryAfter: number | null): number {
  const range = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 30));
  return Math.ceil((retryAfter ?? 0) + random * range);
}
