import type { SlipwayError } from "../../errors.ts";
import type { LaunchPlan } from "../../plan/plan.ts";
import type { BurstOptions, Slipway, SpawnResult } from "../../slipway/slipway.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import type { CliContext } from "../context.ts";
import { warnOfChecks } from "../arguments/plan-file.ts";
import { offerCancellation } from "./second-interrupt.ts";
import { failureOf } from "./spawn-failure.ts";
import { tellSums, unsettledAmong } from "./spawn-summary.ts";
import { viewSpawns } from "../views/spawn-view.ts";

export interface ManySpawns {
  readonly context: CliContext;
  readonly slipway: Slipway;
  readonly workspace: string | LaunchPlan;
  readonly options: BurstOptions;
  readonly count: number;
  /** The ids are this with `-0`, `-1` and so on; undefined for new ones. */
  readonly id: string | undefined;
}

/**
 * Makes several machines of one workspace or plan and prints what is recorded of each, in order, failed ones among
 * them.
 *
 * @throws SlipwayError the first failure in their order
 */
export async function spawnMany(many: ManySpawns): Promise<void> {
  const { context, slipway, workspace, options, count, id } = many;
  const wanted = Array.from({ length: count }, (_, index) =>
    id === undefined ? { workspace } : { workspace, spawnId: `${id}-${index}` },
  );
  const sums = tellSums(context.notices, count);
  const moved = new Set<string>();
  const results = await slipway.spawnWorkspaces(wanted, {
    ...options,
    onEvent(notice) {
      if (notice.kind === "event") moved.add(notice.event.spawnId);
      sums.onEvent(notice);
    },
  });
  sums.end(results);
  const cancellation = await offerCancellation(
    context,
    slipway,
    results.map(({ spawnId }) => spawnId),
  );
  context.notices.clear();
  const made = results.flatMap(({ spawn }) => (spawn === null ? [] : [spawn]));
  const spawns = cancellation === null ? made : await asRecorded(slipway, made);
  const [first] = spawns;
  if (first !== undefined) {
    if (!context.notices.silent)
      warnOfChecks(context.notices, (await slipway.describeSpawn(first.spawnId)).plan);
    await context.print(viewSpawns(spawns));
  }
  if (cancellation !== null) throw cancellation;
  if (context.interrupt.aborted) tellRest(many, results);
  const failure = firstFailure(results, moved);
  if (failure !== null) throw failure;
}

function firstFailure(
  results: readonly SpawnResult[],
  moved: ReadonlySet<string>,
): SlipwayError | null {
  for (const { spawnId, spawn, error } of results) {
    if (error !== null) return error;
    const failure = failureOf({ spawn, moved: moved.has(spawnId) });
    if (failure !== null) return failure;
  }
  return null;
}

/** The error is of the first of them: what it says of going on is not all. */
function tellRest({ context, count, id }: ManySpawns, results: readonly SpawnResult[]): void {
  const left = unsettledAmong(results);
  if (left === 0) return;
  const again = id === undefined ? "" : ", and so does this command when it is repeated";
  context.notices.hint(
    `interrupted; ${left} of ${count} spawns stay recorded as they are: \`slipway recover\` goes on with all of them${again}`,
  );
}

async function asRecorded(slipway: Slipway, spawns: readonly Spawn[]): Promise<readonly Spawn[]> {
  const recorded = new Map((await slipway.listSpawns()).map((one) => [one.spawnId, one]));
  return spawns.map((spawn) => recorded.get(spawn.spawnId) ?? spawn);
}
