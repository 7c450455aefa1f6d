import { createHash } from "node:crypto";

export function hash(words: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(words)).digest("hex");
}

/** The nineteen digits of a resource's id, the same for the same words. */
export function numericId(...words: readonly string[]): string {
  const lowest = 10n ** 18n;
  return String(lowest + (BigInt(`0x${hash(words).slice(0, 16)}`) % (8n * lowest)));
}
