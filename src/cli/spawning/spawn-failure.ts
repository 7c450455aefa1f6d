import {
  BLAST_RADII,
  ERROR_CODES,
  ERROR_REASONS,
  RETRY_VERDICTS,
  SlipwayError,
} from "../../errors.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";

/** A spawn as the library returned it. */
export interface SpawnOutcome {
  readonly spawn: Spawn;
  /** Whether an event arrived while the command waited. A spawn that had ended before sends none. */
  readonly sawEvents: boolean;
}

/** The error to exit with after the spawn is printed; null if there is none. */
export function failureOf({ spawn, sawEvents }: SpawnOutcome): SlipwayError | null {
  switch (spawn.state) {
    case "failed":
      return spawnFailure(spawn);
    case "terminating":
    case "terminated":
      return sawEvents ? terminatedWhileWaiting(spawn) : null;
    case "pending":
    case "launching":
    case "booting":
    case "running":
      return null;
  }
}

function terminatedWhileWaiting({ spawnId }: Spawn): SlipwayError {
  return new SlipwayError({
    code: "ABORTED",
    reason: "SPAWN_TERMINATED",
    message: `spawn ${spawnId} was terminated by another process while this command waited for it`,
    remedy: "If you still need the machine, spawn again with another id.",
    metadata: { spawn_id: spawnId },
  });
}

/** Restores the error that made a spawn fail. One that this version does not know becomes `INTERNAL`. */
function spawnFailure({ spawnId, error }: Spawn): SlipwayError {
  return new SlipwayError({
    code: memberOf(ERROR_CODES, error?.code) ?? "INTERNAL",
    reason: memberOf(ERROR_REASONS, error?.reason) ?? "INTERNAL",
    message: error?.message ?? `spawn ${spawnId} failed; no reason was recorded`,
    ...(typeof error?.remedy === "string" ? { remedy: error.remedy } : {}),
    blastRadius: memberOf(BLAST_RADII, error?.blastRadius) ?? "request",
    retry: memberOf(RETRY_VERDICTS, error?.retry) ?? "never",
    metadata: { ...error?.metadata, spawn_id: spawnId },
    ...(error?.checks === undefined ? {} : { checks: error.checks }),
  });
}

function memberOf<T extends string>(members: readonly T[], value?: string): T | undefined {
  return members.find((member) => member === value);
}
