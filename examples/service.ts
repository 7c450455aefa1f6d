import type { Slipway, Spawn } from "../src/index.ts";

/** A long-lived program that launches machines for its own callers. */
export interface Service extends AsyncDisposable {
  /** Resolves once the machine runs. The caller's signal cancels the launch. */
  launch(workspace: string, spawnId: string, signal: AbortSignal): Promise<Spawn>;
  /** Resolves once everything that earlier processes left unfinished has settled or is reported. */
  readonly recovered: Promise<void>;
}

/** Starts the service. Its end leaves all machines and launches as they are. */
export function startService(slipway: Slipway, report: (line: string) => void): Service {
  const stopping = new AbortController();
  const { signal: stopped } = stopping;
  const recovered = recoverAll(slipway, stopped, report);
  const working = new Set<Promise<unknown>>([recovered]);
  return {
    recovered,
    async launch(workspace, spawnId, signal) {
      // `signal` ends the machine, `detach` only this process's interest in it.
      const spawned = slipway.spawnWorkspace(workspace, { spawnId, signal, detach: stopped });
      working.add(spawned);
      return await spawned.finally(() => working.delete(spawned));
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.allSettled(working);
      await slipway[Symbol.asyncDispose]();
    },
  };
}

async function recoverAll(slipway: Slipway, signal: AbortSignal, report: (line: string) => void) {
  try {
    for (const { spawnId, error } of await slipway.recover({ signal }))
      if (error !== null) report(`${spawnId}: ${error.message}`);
  } catch (caught) {
    report(`recovery failed: ${String(caught)}`);
  }
}
