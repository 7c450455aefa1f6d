import { createFailedReads } from "../../../src/substrate/reading.ts";

/** If a role cannot be assumed, every call that needs its credentials fails. */
const ASSUMPTIONS: ReadonlySet<unknown> = new Set(["AssumeRole", "AssumeRoleWithWebIdentity"]);

export const { obstacleName, unread, obstacleChecks } = createFailedReads("AWS", ({ metadata }) =>
  ASSUMPTIONS.has(metadata["operation"]),
);
