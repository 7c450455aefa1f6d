import { asSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import { mapLimited } from "../map-limited.ts";
import type { Slipway } from "../slipway.ts";
import type { Spawn } from "../spawner/spawn-record.ts";
import type { CliContext } from "./context.ts";
import { warnOfChecks } from "./plan-warnings.ts";
import { offerCancellation } from "./second-interrupt.ts";
import { failureOf } from "./spawn-failure.ts";
import type { Launched } from "./spawn-failure.ts";
import { viewSpawns } from "./views/spawn-view.ts";

export interface ManySpawns {
  readonly context: CliContext;
  readonly slipway: Slipway;
  readonly launch: (spawnId: string | undefined) => Promise<Launched>;
  readonly count: number;
  /** The ids are this with `-0`, `-1` and so on; undefined for new ones. */
  readonly id: string | undefined;
}

interface Outcome {
  /** As the ledger has it; null where nothing was recorded. */
  readonly spawn: Spawn | null;
  readonly failure: SlipwayError | null;
}

/** More would not make an engine quicker. */
const AT_ONCE = 8;

/**
 * Makes several machines of one workspace or plan and prints what is recorded of each, in order, failed ones among
 * them.
 *
 * @throws SlipwayError the first failure in their order
 */
export async function spawnMany(many: ManySpawns): Promise<void> {
  const { context, slipway, count, id } = many;
  const ids = Array.from({ length: count }, (_, index) => id && `${id}-${index}`);
  const outcomes = await mapLimited(ids, AT_ONCE, (spawnId) => spawnOne(many, spawnId));
  context.notices.clear();
  const made = outcomes.flatMap(({ spawn }) => (spawn === null ? [] : [spawn]));
  const cancellation = await offerCancellation(
    context,
    slipway,
    made.map(({ spawnId }) => spawnId),
  );
  const spawns = cancellation === null ? made : await asRecorded(slipway, made);
  const [first] = spawns;
  if (first !== undefined) {
    if (!context.notices.silent)
      warnOfChecks(context.notices, (await slipway.describeSpawn(first.spawnId)).plan);
    await context.print(viewSpawns(spawns));
  }
  if (cancellation !== null) throw cancellation;
  const failure = outcomes.find((outcome) => outcome.failure !== null)?.failure ?? null;
  if (failure !== null) throw failure;
}

async function spawnOne(
  { slipway, launch }: ManySpawns,
  spawnId: string | undefined,
): Promise<Outcome> {
  try {
    const launched = await launch(spawnId);
    return { spawn: launched.spawn, failure: failureOf(launched) };
  } catch (caught) {
    const failure = asSlipwayError(caught);
    return { spawn: await recorded(slipway, failure.metadata["spawn_id"]), failure };
  }
}

async function asRecorded(slipway: Slipway, spawns: readonly Spawn[]): Promise<readonly Spawn[]> {
  const recorded = new Map((await slipway.listSpawns()).map((one) => [one.spawnId, one]));
  return spawns.map((spawn) => recorded.get(spawn.spawnId) ?? spawn);
}

/** An interrupted spawn, or one whose answer was lost, stays recorded; one that never began is not. */
async function recorded(slipway: Slipway, spawnId: unknown): Promise<Spawn | null> {
  if (typeof spawnId !== "string") return null;
  const spawns = await slipway.listSpawns();
  return spawns.find((spawn) => spawn.spawnId === spawnId) ?? null;
}
