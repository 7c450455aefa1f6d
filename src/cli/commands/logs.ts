import { asSlipwayError } from "../../errors.ts";
import type { LogsOptions, Slipway } from "../../slipway/slipway.ts";
import { parseSince } from "../arguments/duration.ts";
import { usageError } from "../arguments/flags.ts";
import { parsePairs } from "../arguments/spawn-input.ts";
import type { CliContext } from "../context.ts";
import { interrupted, quietExit } from "../shutdown.ts";
import { withSlipway } from "../session.ts";
import { printLogs, printManyLogs } from "../spawning/print-logs.ts";

interface LogsFlags {
  readonly follow: boolean;
  readonly tail?: number;
  readonly since?: string;
  readonly workspace?: string;
  readonly label?: readonly string[];
}

export async function logs(
  context: CliContext,
  flags: LogsFlags,
  ...spawnIds: readonly string[]
): Promise<void> {
  const { follow, tail, since } = flags;
  const { interrupt, stdout } = context;
  const signal = AbortSignal.any([interrupt, stdout.closed]);
  const request: LogsOptions & { readonly signal: AbortSignal } = {
    follow,
    signal,
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since: parseSince(since, context.now()) }),
  };
  const select = selectionOf(context, flags, spawnIds);
  try {
    await withSlipway(context, async (slipway) => {
      const ids = await select(slipway);
      const [only] = ids;
      if (only !== undefined && spawnIds.length === 1)
        return await printLogs(context, slipway, only, request);
      return await printManyLogs(context, slipway, ids, request);
    });
  } catch (caught) {
    const wasInterrupted =
      follow && interrupt.aborted && asSlipwayError(caught).code === "CANCELLED";
    throw wasInterrupted ? quietExit() : caught;
  }
  if (interrupt.aborted) throw follow ? quietExit() : interrupted();
}

/** Returns a function that lists the ids of the selected spawns, each once. */
function selectionOf(
  { progress }: CliContext,
  { workspace, label = [] }: LogsFlags,
  named: readonly string[],
): (slipway: Slipway) => Promise<readonly string[]> {
  const isFiltered = workspace !== undefined || label.length > 0;
  if (named.length > 0 === isFiltered)
    throw usageError(
      isFiltered
        ? "SPAWN_ID and --workspace or --label are mutually exclusive"
        : "SPAWN_ID is missing",
      "Name one or more spawns, or select live ones with --workspace or --label.",
    );
  if (!isFiltered) return async () => [...new Set(named)];
  const labels = parsePairs("--label", "key=value", label);
  return async (slipway) => {
    const own = { live: true, labels, ...(workspace === undefined ? {} : { workspace }) };
    const spawns = await slipway.listSpawns(own);
    if (spawns.length === 0)
      progress.warn("no live spawn matches", "`slipway list` shows the live spawns.");
    return spawns.map(({ spawnId }) => spawnId);
  };
}
