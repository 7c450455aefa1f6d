import { isSlipwayError } from "../../../src/errors.ts";
import { createSlipway } from "../../../src/slipway/create-slipway.ts";
import type { SubstrateAdapter } from "../../../src/substrate/contract.ts";
import { FULL_MILLISECONDS } from "../../../src/spawner/candidates.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import type { Spawn } from "../../../src/ledger/spawn-record.ts";
import type { Clock } from "../../../src/host/clock.ts";
import { fastClock } from "../faults/fast-clock.ts";
import { scratchFolder } from "../scratch.ts";

/** When a provider refuses: while a workspace is resolved, or at the launch. */
export type Moment = "dry-run" | "launch";

/** A workspace with two candidates on the fake of a cloud. */
export interface RefusalScene<Refusal> extends AsyncDisposable {
  readonly slipway: Slipway;
  readonly workspace: string;
  /** Refuses the next request at the first candidate, once. Returns a function that removes the fault. */
  refuse(refusal: Refusal, moment: Moment): () => void;
  /** The index of the candidate at which the spawn's machine runs. */
  candidateOf(spawn: Spawn): number;
}

/** Every refusal of a cloud's error tables, and the ways in which two candidates can differ there. */
export interface RefusalCloud<Refusal extends { readonly name: string }> {
  readonly cloud: string;
  readonly refusals: readonly Refusal[];
  /** Opens a scene, by the difference between its two candidates. */
  readonly layouts: Readonly<Record<string, (clock: Clock) => Promise<RefusalScene<Refusal>>>>;
}

/** The candidate that is used after a refusal at the first one, or the reason why none is. */
export type Aftermath = { readonly candidate: number } | { readonly reason: string };

/** Slipway with one adapter, on its own ledger. Disposing of it closes the adapter too. */
export async function slipwayOn(clock: Clock, adapter: SubstrateAdapter) {
  const folder = scratchFolder();
  const slipway = await createSlipway({
    database: `${folder.path}/slipway.db`,
    environment: { HOME: folder.path },
    ports: { clock, openAdapter: () => Promise.resolve(adapter) },
  });
  return {
    slipway,
    async [Symbol.asyncDispose]() {
      await slipway[Symbol.asyncDispose]();
      await adapter.close();
      folder[Symbol.dispose]();
    },
  };
}

/** A fast clock that can also be set forward. */
function skippingClock(): Clock & { skip(milliseconds: number): void } {
  const fast = fastClock(200);
  let skipped = 0;
  return {
    now: () => fast.now() + skipped,
    sleep: (milliseconds, signal) => fast.sleep(milliseconds, signal),
    skip(milliseconds) {
      skipped += milliseconds;
    },
  };
}

/** The aftermath of each refusal at the dry run, and at the launch of an unsuspecting plan. */
export async function playRefusals<Refusal extends { readonly name: string }>(
  { refusals, layouts }: RefusalCloud<Refusal>,
  layout: string,
): Promise<Readonly<Record<Moment, Readonly<Record<string, Aftermath>>>>> {
  const clock = skippingClock();
  const open = layouts[layout];
  if (open === undefined) throw new Error(`there is no layout ${layout}`);
  await using scene = await open(clock);
  const planned: Record<string, Aftermath> = {};
  const spawned: Record<string, Aftermath> = {};
  for (const [index, refusal] of refusals.entries()) {
    const plan = await scene.slipway.resolveWorkspace(scene.workspace);
    spawned[refusal.name] = await after(scene, refusal, "launch", async () => {
      const spawn = await scene.slipway.spawnWorkspace(plan, { spawnId: `spawn-${index}` });
      if (spawn.state === "failed") return { reason: JSON.stringify(spawn.error?.["reason"]) };
      return { candidate: scene.candidateOf(spawn) };
    });
    planned[refusal.name] = await after(scene, refusal, "dry-run", async () => {
      const { candidates } = await scene.slipway.resolveWorkspace(scene.workspace);
      return { candidate: candidates.findIndex(({ verdict }) => verdict === "eligible") };
    });
    // The next spawn has to start at the first candidate again.
    clock.skip(FULL_MILLISECONDS);
  }
  return { "dry-run": planned, launch: spawned };
}

async function after<Refusal>(
  scene: RefusalScene<Refusal>,
  refusal: Refusal,
  moment: Moment,
  act: () => Promise<Aftermath>,
): Promise<Aftermath> {
  const remove = scene.refuse(refusal, moment);
  try {
    return await act();
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return { reason: JSON.stringify(caught.reason) };
  } finally {
    remove();
  }
}
