import type { SlipwayError } from "../errors.ts";

/** How an HTTP date begins, in its current and its obsolete forms: `Sun, `, `Sunday, `, `Sun `. */
const DATE = /^[A-Z][a-z]{2,8},? /;

/** As an error's metadata. */
export type RetryAfterMetadata = { readonly retry_after_seconds?: number };

/**
 * The seconds that a `Retry-After` field (RFC 9110, section 10.2.3) asks for; null for a field that is absent or unreadable.
 *
 * @param field its value; a number of seconds or an HTTP date
 * @param now milliseconds since the epoch, from which a date counts; without it a date is not read
 */
export function retryAfterSeconds(field: string | null | undefined, now?: number): number | null {
  const text = (field ?? "").trim();
  if (/^\d{1,9}$/.test(text)) return Number(text);
  // `Date.parse` reads much else as a date, such as -7.
  if (now === undefined || !DATE.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1_000));
}

export function retryAfterMetadata(seconds: number | null): RetryAfterMetadata {
  return seconds === null ? {} : { retry_after_seconds: seconds };
}

/** The wait that the peer asked for with this error, in milliseconds; null if it asked for none. */
export function retryAfterMilliseconds({
  metadata,
}: Pick<SlipwayError, "metadata">): number | null {
  const seconds = metadata["retry_after_seconds"];
  return typeof seconds === "number" && seconds > 0 ? seconds * 1_000 : null;
}
