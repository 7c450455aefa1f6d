import type { SlipwayError } from "../errors.ts";

/** Metadata of the error of a request that was never sent: its server refused the connection, or has no known address. */
export const UNSENT = { sent: false } as const;

/** Whether the failed request certainly never reached its server. */
export function isUnsent({ metadata }: Pick<SlipwayError, "metadata">): boolean {
  return metadata["sent"] === false;
}
