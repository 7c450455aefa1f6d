import {
  BLAST_RADII,
  ERROR_CODES,
  ERROR_REASONS,
  RETRY_VERDICTS,
  SlipwayError,
} from "../../errors.ts";
import type { JsonObject, JsonValue } from "../../errors.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import { isJsonObject } from "../../json/json-object.ts";

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

/** Restores the error that made a spawn fail. The ledger stores it in its JSON form. */
function spawnFailure({ spawnId, error }: Spawn): SlipwayError {
  const recorded: JsonObject = error ?? {};
  const { remedy, checks, message, metadata } = recorded;
  return new SlipwayError({
    code: memberOf(ERROR_CODES, recorded.code) ?? "INTERNAL",
    reason: memberOf(ERROR_REASONS, recorded.reason) ?? "INTERNAL",
    message:
      typeof message === "string" ? message : `spawn ${spawnId} failed; no reason was recorded`,
    ...(typeof remedy === "string" ? { remedy } : {}),
    blastRadius: memberOf(BLAST_RADII, recorded.blast_radius) ?? "request",
    retry: memberOf(RETRY_VERDICTS, recorded.retry) ?? "never",
    metadata: { ...(isJsonObject(metadata) ? metadata : {}), spawn_id: spawnId },
    ...(Array.isArray(checks) ? { checks } : {}),
  });
}

function memberOf<T extends string>(
  members: readonly T[],
  value: JsonValue | undefined,
): T | undefined {
  return members.find((member) => member === value);
}
