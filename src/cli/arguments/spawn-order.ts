import { closestTo } from "../../catalog/suggestions.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import { SPAWN_STATES } from "../../ledger/spawn-record.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "./flags.ts";

/** The fields that spawns can be sorted by. */
const KEYS: Readonly<Record<string, (spawn: Spawn) => string | number>> = {
  created: ({ createdAt }) => createdAt,
  updated: ({ updatedAt }) => updatedAt,
  spawn: ({ spawnId }) => spawnId,
  workspace: ({ workspace }) => workspace,
  state: ({ state }) => SPAWN_STATES.indexOf(state),
  place: ({ machine }) => machine?.place ?? "",
};

/** The words that `--sort` takes. */
export const SORT_KEYS: readonly string[] = Object.keys(KEYS);

/** Returns a sort by the field that `--sort` names; `~FIELD` sorts in the reverse order. Equal spawns keep theirs. */
export function sortSpawns(word: string): (spawns: readonly Spawn[]) => readonly Spawn[] {
  const isReverse = word.startsWith("~");
  const name = isReverse ? word.slice(1) : word;
  const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
  if (key === undefined) {
    const meant = closestTo(name, SORT_KEYS);
    throw usageError(
      `--sort: ${quoted(name)} is not a field to sort by`,
      `${meant === null ? "" : `Did you mean ${meant}? `}The fields are ${SORT_KEYS.join(", ")}; ~created sorts in the reverse order.`,
    );
  }
  return (spawns) =>
    spawns.toSorted((left, right) => {
      const [one, other] = isReverse ? [key(right), key(left)] : [key(left), key(right)];
      if (one === other) return 0;
      return one < other ? -1 : 1;
    });
}
