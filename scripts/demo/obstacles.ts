/** Reasons why the demo cannot boot a machine, read from the JSON output of its commands. */
import { z } from "zod";

const failedResolve = z.object({
  error: z.object({
    checks: z.array(z.object({ name: z.string(), outcome: z.string(), message: z.string() })),
  }),
});
const failedSpawn = z.object({ error: z.object({ reason: z.string() }) });

/**
 * Why this machine's engine is not usable, from the standard error of `resolve -o json`. Null if it is usable, and also
 * if another check failed: that is a failure of the demo.
 */
export function engineObstacle(stderr: string): string | null {
  const checks = failedResolve.safeParse(parseJson(stderr)).data?.error.checks ?? [];
  const failed = checks.filter(({ outcome }) => outcome === "failed");
  const [first] = failed;
  if (first === undefined || !failed.every(({ name }) => name.startsWith("engine."))) return null;
  return `${first.message}.`;
}

/**
 * Why a spawn failed although its checks passed, from `describe -o json`: an engine on another or a virtual machine does
 * not reach a registry on this machine's loopback interface. Null for every other failure.
 */
export function spawnObstacle(stdout: string, registry: string): string | null {
  const reason = failedSpawn.safeParse(parseJson(stdout)).data?.error.reason;
  if (reason !== "REGISTRY_UNAVAILABLE") return null;
  return `Nothing was booted: the engine does not reach ${registry} on this machine's loopback interface, because it runs on another machine.`;
}

function parseJson(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    // Not JSON: a successful command prints nothing on standard error.
    return null;
  }
}
