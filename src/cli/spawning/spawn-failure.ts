import { ERROR_CODES, ERROR_REASONS, SlipwayError } from "../../errors.ts";
import type { JsonObject, JsonValue } from "../../errors.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import { isJsonObject } from "../../json/json-object.ts";

const BLAST_RADII = [
  "request",
  "type-in-zone",
  "zone",
  "region",
  "account",
  "credential",
  "image",
] as const;
const RETRY_VERDICTS = ["same-token", "next-candidate", "never"] as const;

/** A spawn as it was returned. */
export interface Launched {
  readonly spawn: Spawn;
  /** Whether something was told of it meanwhile: what had ended before says nothing more. */
  readonly moved: boolean;
}

/** What to leave with once the spawn is printed; null where all is well. */
export function failureOf({ spawn, moved }: Launched): SlipwayError | null {
  switch (spawn.state) {
    case "failed":
      return spawnFailure(spawn);
    case "terminating":
    case "terminated":
      return moved ? terminatedMeanwhile(spawn) : null;
    case "pending":
    case "launching":
    case "booting":
    case "running":
      return null;
  }
}

function terminatedMeanwhile({ spawnId }: Spawn): SlipwayError {
  return new SlipwayError({
    code: "ABORTED",
    reason: "SPAWN_TERMINATED",
    message: `spawn ${spawnId} was terminated while it was waited for`,
    remedy: "Somebody else ended it. Spawn again, under another id, if it is still wanted.",
    metadata: { spawn_id: spawnId },
  });
}

/** What made a spawn fail, as the error to leave with. The ledger keeps it as it was printed. */
function spawnFailure({ spawnId, error }: Spawn): SlipwayError {
  const recorded: JsonObject = error ?? {};
  const { remedy, checks, message, metadata } = recorded;
  return new SlipwayError({
    code: memberOf(ERROR_CODES, recorded.code) ?? "INTERNAL",
    reason: memberOf(ERROR_REASONS, recorded.reason) ?? "INTERNAL",
    message: typeof message === "string" ? message : `spawn ${spawnId} failed without telling why`,
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
