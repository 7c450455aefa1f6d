import { SlipwayError } from "../../../src/errors.ts";

/** A token service refuses a signature whose times are off by some minutes. The least difference that is reported. */
const LEAST_MINUTES = 4;
const MINUTE = 60_000;

/**
 * The error if a token service refused a request and its reply shows that this machine's clock is wrong; null otherwise.
 * A service account's key signs the time, which Google's library takes from this machine ("Token must be a short-lived
 * token"). Google's libraries do not correct it.
 *
 * @param now milliseconds since the epoch
 */
export function wrongClock(caught: Error, now: number): SlipwayError | null {
  const date = replyDate(caught);
  if (date === null) return null;
  const minutes = Math.round((date - now) / MINUTE);
  if (Math.abs(minutes) < LEAST_MINUTES) return null;
  return new SlipwayError({
    code: "UNAUTHENTICATED",
    reason: "CLOUD_UNAUTHENTICATED",
    message: `there is no access token for Compute Engine: ${caught.message} (this machine's clock is ${Math.abs(minutes)} minutes ${minutes > 0 ? "behind" : "ahead of"} that of the token service)`,
    remedy: "Correct this machine's clock. Then check the credentials.",
    blastRadius: "credential",
  });
}

/** The `Date` of the reply that the library keeps on its error. */
function replyDate(caught: Error): number | null {
  const response: unknown = Reflect.get(caught, "response");
  const headers: unknown =
    typeof response === "object" && response !== null ? Reflect.get(response, "headers") : null;
  if (!(headers instanceof Headers)) return null;
  const date = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(date) ? null : date;
}
