import { asSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import type { SpawnNotice } from "./notice.ts";
import { mapLimited } from "../async/map-limited.ts";
import { awaitSpawn } from "./spawn.ts";
import type { Spawn } from "../ledger/spawn-record.ts";
import type { SpawnerRuntime } from "./task.ts";

export interface RecoverRequest {
  readonly tenant: string;
  /** Ends the recovery; spawns stay as they are. */
  readonly signal: AbortSignal;
  readonly onEvent: (notice: SpawnNotice) => void;
}

/** The result for a spawn that was unfinished. */
export interface Recovered {
  readonly spawnId: string;
  /** Its current state; null if it could not be read. */
  readonly spawn: Spawn | null;
  /** Why it has not settled; null if it has. */
  readonly error: SlipwayError | null;
}

/** A burst whose process died is one launch, and few polls, for all spawns that are recovered together. */
const AT_ONCE = 256;

/**
 * Recovers every unfinished spawn of the tenant, oldest first: at once if its worker is gone, otherwise when it has
 * settled or its lease has run out. Each ends as running, failed or terminated, or with the reason why not. Concurrent
 * recoveries do no harm.
 */
export async function recover(
  runtime: SpawnerRuntime,
  { tenant, signal, onEvent }: RecoverRequest,
): Promise<readonly Recovered[]> {
  const unfinished = await runtime.ledger.unfinished(tenant);
  return await mapLimited(unfinished, AT_ONCE, async ({ spawnId }) => {
    const never = new AbortController().signal;
    const waitOptions = {
      tenant,
      spawnId,
      wait: "settled",
      signal: never,
      detach: signal,
      onEvent,
    } as const;
    try {
      return { spawnId, spawn: await awaitSpawn(runtime, waitOptions), error: null };
    } catch (caught) {
      const driven = await runtime.ledger.find(waitOptions);
      return { spawnId, spawn: driven?.spawn ?? null, error: asSlipwayError(caught) };
    }
  });
}
