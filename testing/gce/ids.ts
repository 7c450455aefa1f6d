import { digest } from "../server/digest.ts";

/** The nineteen digits of a resource's id, the same for the same words. */
export function numericId(...words: readonly string[]): string {
  const lowest = 10n ** 18n;
  return String(lowest + (BigInt(`0x${digest(words).slice(0, 16)}`) % (8n * lowest)));
}
