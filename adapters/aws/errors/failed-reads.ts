import { createFailedReads } from "../../../src/substrate/reading.ts";

/** A role that cannot be assumed makes every call fail that needs its credentials. */
export const { obstacleName, unread, obstacleChecks } = createFailedReads(
  "AWS",
  ({ metadata }) => metadata["operation"] === "AssumeRole",
);
