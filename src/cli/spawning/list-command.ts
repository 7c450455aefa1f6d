import type { Spawn } from "../../ledger/spawn-record.ts";
import type { GlobalFlags } from "../global-flags.ts";
import { shellWord } from "../terminal-text.ts";

/** The `slipway list` that shows these spawns, in the same tenant and database; null if there are none. */
export function listCommandOf(
  spawns: readonly Spawn[],
  { tenant, database }: Pick<GlobalFlags, "tenant" | "database">,
): string | null {
  const [since] = spawns.map(({ createdAt }) => createdAt).toSorted();
  if (since === undefined) return null;
  const workspaces = new Set(spawns.map(({ workspace }) => workspace));
  const states = new Set(spawns.map(({ state }) => state));
  return [
    "slipway",
    "list",
    ...(workspaces.size === 1 ? ["--workspace", ...workspaces] : []),
    ...[...states].toSorted().flatMap((state) => ["--state", state]),
    "--since",
    since,
    ...(tenant === null ? [] : ["--tenant", tenant]),
    ...(database === null ? [] : ["--database", database]),
  ]
    .map(shellWord)
    .join(" ");
}
