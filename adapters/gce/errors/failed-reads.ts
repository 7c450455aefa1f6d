import { createFailedReads, settled } from "../../../src/substrate/reading.ts";
import type { Reading } from "../../../src/substrate/reading.ts";
import { gceError } from "./errors.ts";
import type { GceCallContext } from "./errors.ts";

/** The API is not enabled in the project, or the project has no billing account. */
export const { obstacleName, unread, obstacleChecks } = createFailedReads(
  "Compute Engine",
  ({ reason, blastRadius }) => reason === "CLOUD_PERMISSION_DENIED" && blastRadius === "account",
);

/** @throws SlipwayError for a cancellation and for a defect */
export async function settledRead<Value>(
  read: Promise<Value>,
  context: GceCallContext,
): Promise<Reading<Value>> {
  return await settled(read, (caught) => gceError(caught, context));
}
