/** First and longest mean pause before something is tried again, in milliseconds. */
const FIRST = 200;
const LONGEST = 20_000;

/**
 * How long to wait before trying again, in milliseconds: full jitter over a doubling range, so that a crowd that was
 * refused together does not come back together; never less than what the provider asked for.
 *
 * @param failures How often it failed so far, from 1.
 * @param random Between 0 and 1.
 * @param retryAfter What the provider asked for, in milliseconds; null where it said nothing.
 */
export function retryDelay(failures: number, random: number, retryAfter: number | null): number {
  const range = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 30));
  return Math.ceil((retryAfter ?? 0) + random * range);
}
