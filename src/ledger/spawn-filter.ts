import type { SpawnFilter } from "./ledger.ts";
import { isFinished } from "./spawn-record.ts";
import type { Spawn } from "./spawn-record.ts";

/** Whether a list with this filter has the spawn, apart from the list's limit. */
export function isListed(spawn: Spawn, filter: SpawnFilter): boolean {
  const { workspace, state, states, live = false, since, labels = {} } = filter;
  if (workspace !== undefined && spawn.workspace !== workspace) return false;
  if (state !== undefined && spawn.state !== state) return false;
  if (states !== undefined && !states.includes(spawn.state)) return false;
  if (live && isFinished(spawn.state)) return false;
  if (since !== undefined && spawn.createdAt < since) return false;
  return Object.entries(labels).every(
    ([key, value]) => Object.hasOwn(spawn.labels, key) && spawn.labels[key] === value,
  );
}
