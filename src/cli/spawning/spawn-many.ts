import type { SlipwayError } from "../../errors.ts";
import type { BurstOptions, Slipway, SpawnResult, WantedSpawn } from "../../slipway/slipway.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import type { CliContext } from "../context.ts";
import { combineFailures } from "../output/failures.ts";
import { listCommandOf } from "./list-command.ts";
import { offerCancellation } from "./second-interrupt.ts";
import { failureOf } from "./spawn-failure.ts";
import { countUnsettled, reportSummary } from "./spawn-summary.ts";
import { viewSpawns } from "../views/spawn-view.ts";

export interface ManySpawns {
  readonly context: CliContext;
  readonly slipway: Slipway;
  readonly wanted: readonly WantedSpawn[];
  readonly options: BurstOptions;
  /** The start of the spawns' ids; undefined: generated ids. */
  readonly id: string | undefined;
}

/**
 * Spawns several machines from one workspace or plan and prints their records in order, including those that failed.
 *
 * @throws SlipwayError all failures, with the code of the first one in that order
 */
export async function spawnMany(many: ManySpawns): Promise<void> {
  const { context, slipway, wanted, options } = many;
  using _reminder = context.progress.ifSilent("resolving the workspace");
  const summary = reportSummary(context.progress, wanted.length);
  const withEvents = new Set<string>();
  const results = await slipway.spawnWorkspaces(wanted, {
    ...options,
    onEvent(notice) {
      if (notice.kind === "event") withEvents.add(notice.event.spawnId);
      summary.onEvent(notice);
    },
  });
  summary.end(results);
  const cancellation = await offerCancellation(
    context,
    slipway,
    results.map(({ spawnId }) => spawnId),
  );
  const made = results.flatMap(({ spawn }) => (spawn === null ? [] : [spawn]));
  const spawns = cancellation === null ? made : await asRecorded(slipway, made);
  if (spawns.length > 0) await context.print(viewSpawns(spawns));
  if (cancellation !== null) throw cancellation;
  if (context.interrupt.aborted) hintAtUnsettled(many, results);
  const failure = failureOfAll(many, results, withEvents);
  if (failure !== null) throw failure;
}

function failureOfAll(
  { context }: ManySpawns,
  results: readonly SpawnResult[],
  withEvents: ReadonlySet<string>,
): SlipwayError | null {
  const failures = results.flatMap(({ spawnId, spawn, error: thrown }) => {
    const error = thrown ?? failureOf({ spawn, sawEvents: withEvents.has(spawnId) });
    return error === null ? [] : [{ name: spawnId, spawn, error }];
  });
  const [first] = failures;
  const made = failures.flatMap(({ spawn }) => spawn ?? []);
  // An interrupted spawn has not failed; and of a workspace that cannot be spawned, nothing was recorded.
  const isOne =
    context.interrupt.aborted || (made.length === 0 && failures.length === results.length);
  if (isOne) return first?.error ?? null;
  return combineFailures(failures, {
    tried: results.length,
    consequence: "spawns failed",
    listCommand: listCommandOf(made, context.flags),
  });
}

/** The error reports only the first interrupted spawn, so say how to resume all of them. */
function hintAtUnsettled(
  { context, wanted, id }: ManySpawns,
  results: readonly SpawnResult[],
): void {
  const unsettled = countUnsettled(results);
  if (unsettled === 0) return;
  const again = id === undefined ? "" : ", or repeat this command,";
  context.progress.hint(
    `interrupted; ${unsettled} of ${wanted.length} spawns are recorded but unfinished. Run \`slipway recover\`${again} to resume all of them`,
  );
}

async function asRecorded(slipway: Slipway, spawns: readonly Spawn[]): Promise<readonly Spawn[]> {
  const recorded = new Map((await slipway.listSpawns()).map((one) => [one.spawnId, one]));
  return spawns.map((spawn) => recorded.get(spawn.spawnId) ?? spawn);
}
