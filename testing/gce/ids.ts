import { digest } from "../server/digest.ts";

/** The nineteen-digit id of a resource; it depends on the words only. */
export function numericId(...words: readonly string[]): string {
  const lowest = 10n ** 18n;
  return String(lowest + (BigInt(`0x${digest(words).slice(0, 16)}`) % (8n * lowest)));
}

/** The number of a project, which the API and the metadata use in place of its id. */
export function projectNumber(project: string): string {
  return numericId(project, "project").slice(0, 12);
}
