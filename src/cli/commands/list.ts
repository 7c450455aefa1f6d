import type { CliContext } from "../context.ts";
import { refreshSpawns } from "../spawning/refresh-spawns.ts";
import { withSlipway } from "../session.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "../arguments/flags.ts";
import { parsePairs } from "../arguments/spawn-input.ts";
import { viewSpawns } from "../views/spawn-view.ts";
import { closestTo } from "../../catalog/suggestions.ts";
import { SPAWN_STATES } from "../../ledger/spawn-record.ts";
import type { SpawnState } from "../../ledger/spawn-record.ts";

export async function list(
  context: CliContext,
  flags: {
    readonly workspace?: string;
    readonly state?: string;
    readonly label?: readonly string[];
    readonly refresh: boolean;
  },
): Promise<void> {
  const { workspace, label = [] } = flags;
  const labels = parsePairs("--label", "key=value", label);
  const state = flags.state === undefined ? undefined : spawnState(flags.state);
  await withSlipway(context, async (slipway) => {
    const failure = flags.refresh ? await refreshSpawns(context, slipway, []) : null;
    const spawns = await slipway.listSpawns({
      ...(workspace === undefined ? {} : { workspace }),
      ...(state === undefined ? {} : { state }),
      ...(label.length === 0 ? {} : { labels }),
    });
    await context.print(viewSpawns(spawns));
    // --refresh was requested and did not succeed: print what is recorded, then fail.
    if (failure !== null) throw failure;
  });
}

function spawnState(word: string): SpawnState {
  const state = SPAWN_STATES.find((candidate) => candidate === word);
  if (state !== undefined) return state;
  const meant = closestTo(word, SPAWN_STATES);
  throw usageError(
    `--state: ${quoted(word)} is not a spawn state`,
    `${meant === null ? "" : `Did you mean ${meant}? `}The states are ${SPAWN_STATES.join(", ")}.`,
  );
}
