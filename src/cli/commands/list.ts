import type { CliContext } from "../context.ts";
import { refreshSpawns } from "../spawning/refresh-spawns.ts";
import { withSlipway } from "../session.ts";
import { quoted } from "../terminal-text.ts";
import { parseSince } from "../arguments/duration.ts";
import { usageError } from "../arguments/flags.ts";
import { parsePairs } from "../arguments/spawn-input.ts";
import { sortSpawns } from "../arguments/spawn-order.ts";
import { watchSpawns } from "../spawning/watch-spawns.ts";
import { viewSpawns } from "../views/spawn-view.ts";
import { closestTo } from "../../catalog/suggestions.ts";
import { SPAWN_STATES } from "../../ledger/spawn-record.ts";
import type { SpawnState } from "../../ledger/spawn-record.ts";
import type { SpawnFilter } from "../../slipway/slipway.ts";

interface ListFlags {
  readonly all: boolean;
  readonly workspace?: string;
  readonly state?: readonly string[];
  readonly label?: readonly string[];
  readonly since?: string;
  readonly limit?: number;
  readonly sort?: string;
  readonly refresh: boolean;
  readonly watch: boolean;
}

export async function list(context: CliContext, flags: ListFlags): Promise<void> {
  const { limit, sort } = flags;
  const filter = readFlags(flags, context.now());
  const order = sort === undefined ? null : sortSpawns(sort);
  if (flags.watch && (limit !== undefined || order !== null))
    throw usageError(
      `--watch and --${limit === undefined ? "sort" : "limit"} are mutually exclusive`,
      "Omit one of them: a watch prints every change, in order.",
    );
  await withSlipway(context, async (slipway) => {
    const failure = flags.refresh ? await refreshSpawns(context, slipway, []) : null;
    if (flags.watch) {
      await watchSpawns(context, slipway, filter);
      return;
    }
    // The ledger lists the newest. In another order, the limit applies to the sorted list.
    const spawns =
      order === null
        ? await slipway.listSpawns({ ...filter, ...(limit === undefined ? {} : { limit }) })
        : order(await slipway.listSpawns(filter)).slice(0, limit);
    await context.print(viewSpawns(spawns));
    if (spawns.length === 0 && filter.live === true && context.stdout.isTerminal)
      context.progress.hint("no live spawns; --all lists finished ones too");
    // --refresh was requested and did not succeed: print what is recorded, then fail.
    if (failure !== null) throw failure;
  });
}

function readFlags(flags: ListFlags, now: number): SpawnFilter {
  const { all, workspace, state = [], label = [], since } = flags;
  if (all && state.length > 0)
    throw usageError("--all and --state are mutually exclusive", "Omit one of them.");
  const labels = parsePairs("--label", "key=value", label);
  return {
    ...(workspace === undefined ? {} : { workspace }),
    ...(state.length === 0 ? {} : { states: state.map(spawnState) }),
    ...(all || state.length > 0 ? {} : { live: true }),
    ...(since === undefined ? {} : { since: parseSince(since, now) }),
    ...(label.length === 0 ? {} : { labels }),
  };
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
