/** What keeps the demo from booting anything, read from the machine-readable output of the commands it runs. */
import { z } from "zod";

const failedResolve = z.object({
  error: z.object({
    checks: z.array(z.object({ name: z.string(), outcome: z.string(), message: z.string() })),
  }),
});
const failedSpawn = z.object({ error: z.object({ reason: z.string() }) });

/**
 * Why this machine's engine cannot be used, from the standard error of `resolve -o json`. Null where it can be, and
 * where something else is wrong as well: that is a failure of the demo.
 */
export function engineObstacle(stderr: string): string | null {
  const checks = failedResolve.safeParse(parseJson(stderr)).data?.error.checks ?? [];
  const failed = checks.filter(({ outcome }) => outcome === "failed");
  const [first] = failed;
  if (first === undefined || !failed.every(({ name }) => name.startsWith("engine."))) return null;
  return `${first.message}.`;
}

/**
 * Why a spawn failed although all was well, from `describe -o json`: an engine on another machine, or in a virtual
 * one, does not find a registry that listens on this machine's loopback alone. Null for every other failure.
 */
export function spawnObstacle(stdout: string, registry: string): string | null {
  const reason = failedSpawn.safeParse(parseJson(stdout)).data?.error.reason;
  if (reason !== "REGISTRY_UNAVAILABLE") return null;
  return `Nothing was booted: the engine does not reach ${registry}, this machine's loopback. It runs elsewhere.`;
}

function parseJson(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    // Not JSON: a command that went well prints nothing on standard error.
    return null;
  }
}
