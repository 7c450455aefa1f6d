import { createFailedReads } from "../../../src/substrate/reading.ts";

/** If a role cannot be assumed, every call that needs its credentials fails. */
export const { obstacleName, unread, obstacleChecks } = createFailedReads(
  "AWS",
  ({ metadata }) => metadata["operation"] === "AssumeRole",
);
