import { ERROR_CODES, ERROR_REASONS, SlipwayError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../errors.ts";
import type { Spawn } from "../spawner/spawn-record.ts";
import { isJsonObject } from "./json-object.ts";

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

/** What made a spawn fail, as the error to leave with. The ledger keeps it as it was printed. */
export function spawnFailure({ spawnId, error }: Spawn): SlipwayError {
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
