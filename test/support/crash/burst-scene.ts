import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createSlipway } from "../../../src/slipway/create-slipway.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { NODE_ENVIRONMENT } from "../processes.ts";
import { scratchFolder } from "../scratch.ts";
import { crashInput, wrongInput } from "./crash-input.ts";
import type { CrashSubstrate } from "./crash-scene.ts";

const BURST = join(import.meta.dirname, "burst-process.ts");

/** When to kill a burst: at the n-th time a point is reached, or after a number of milliseconds; null: never. */
export type BurstKill =
  | { readonly point: string; readonly nth: number }
  | { readonly afterMilliseconds: number }
  | null;

/** A separate ledger on the substrate, with a workspace to spawn. */
export interface BurstScene extends AsyncDisposable {
  readonly slipway: Slipway;
  readonly workspace: string;
  readonly database: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Spawns `count` machines from a separate process, with ids that begin with the prefix. */
  burst(prefix: string, count: number, kill: BurstKill): Promise<BurstEnd>;
  /** The same from several processes concurrently. */
  bursts(prefixes: readonly string[], count: number): Promise<readonly BurstEnd[]>;
}

export interface BurstEnd {
  readonly killed: boolean;
  readonly output: string;
  readonly errors: string;
}

export async function burstScene(substrate: CrashSubstrate): Promise<BurstScene> {
  const folder = scratchFolder();
  const database = join(folder.path, "slipway.db");
  const environment = {
    ...NODE_ENVIRONMENT,
    HOME: folder.path,
    ...substrate.environment,
  };
  const slipway = await createSlipway({ database, environment });
  const workspace = await substrate.prepare(slipway);
  const start = (prefix: string, count: number, kill: BurstKill) => {
    const [point, nth] = kill !== null && "point" in kill ? [kill.point, kill.nth] : ["-", 0];
    const words = [database, workspace, prefix, String(count), point, String(nth)];
    const child = spawn(process.execPath, [BURST, ...words], { env: environment });
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { ready: once(child.stdout, "data"), child, ended, kill };
  };
  const finish = async ({ child, ended, kill }: ReturnType<typeof start>): Promise<BurstEnd> => {
    child.stdin.end("go\n");
    if (kill !== null && "afterMilliseconds" in kill)
      setTimeout(() => child.kill("SIGKILL"), kill.afterMilliseconds).unref();
    const [output, errors, [, signal]] = await ended;
    return { killed: signal === "SIGKILL", output, errors };
  };
  return {
    slipway,
    workspace,
    database,
    environment,
    async burst(prefix, count, kill) {
      const started = start(prefix, count, kill);
      await started.ready;
      return await finish(started);
    },
    async bursts(prefixes, count) {
      const started = prefixes.map((prefix) => start(prefix, count, null));
      await Promise.all(started.map(({ ready }) => ready));
      return await Promise.all(started.map(finish));
    },
    async [Symbol.asyncDispose]() {
      await slipway[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/**
 * Kills a burst and recovers; then requests all of it once more.
 *
 * @returns null if there were as many machines as recorded spawns, and in the end as many as requested; otherwise what is
 * wrong
 */
export async function killedBurst(
  substrate: CrashSubstrate,
  count: number,
  kill: BurstKill,
): Promise<{ readonly killed: boolean; readonly recorded: number; readonly wrong: string | null }> {
  await using scene = await burstScene(substrate);
  const { slipway, workspace } = scene;
  const before = new Set(await substrate.machines());
  const machines = async () => (await substrate.machines()).filter((id) => !before.has(id));
  const { killed, errors } = await scene.burst("a", count, kill);
  if (!killed && errors !== "") throw new Error(`the burst failed: ${errors}`);
  await slipway.recover();
  const recorded = (await slipway.listSpawns()).length;
  const wrong = await mismatch(slipway, await machines(), recorded);
  if (wrong !== null) return { killed, recorded, wrong: `after recovery: ${wrong}` };
  const again = Array.from({ length: count }, (_, index) => {
    const spawnId = `a-${index}`;
    return { workspace, spawnId, ...crashInput(spawnId) };
  });
  await slipway.spawnWorkspaces(again);
  const wrongAgain =
    (await mismatch(slipway, await machines(), count)) ??
    (await wrongInput(await slipway.listSpawns(), substrate.received));
  return { killed, recorded, wrong: wrongAgain };
}

/**
 * Spawns `count` machines at once while the first place has capacity for some of them.
 *
 * @returns the number of machines in each place, and null if each spawn has its own; otherwise what is wrong
 */
export async function splitBurst(
  substrate: CrashSubstrate,
  count: number,
): Promise<{ readonly wrong: string | null; readonly places: readonly number[] }> {
  await using scene = await burstScene(substrate);
  const { slipway, workspace } = scene;
  const results = await slipway.spawnWorkspaces(Array.from({ length: count }, () => workspace));
  const failed = results.find(({ error }) => error !== null)?.error;
  const wrong = failed?.message ?? (await mismatch(slipway, await substrate.machines(), count));
  const byPlace = Map.groupBy(results, ({ spawn }) => spawn?.machine?.place ?? "");
  const places = [...byPlace.keys()].toSorted().map((place) => byPlace.get(place)?.length ?? 0);
  return { wrong, places };
}

/** What is wrong with these machines, if the `count` spawns do not have exactly one running machine each. */
export async function mismatch(
  slipway: Slipway,
  machines: readonly string[],
  count: number,
): Promise<string | null> {
  const spawns = await slipway.listSpawns();
  const running = spawns.filter(({ state }) => state === "running");
  if (running.length !== count || spawns.length !== count)
    return `${running.length} of ${spawns.length} spawns are running instead of ${count}`;
  const claimed = running.map(({ machine }) => machine?.id ?? "").toSorted();
  if (new Set(claimed).size !== count) return "two spawns have the same machine";
  if (claimed.join() === machines.toSorted().join()) return null;
  return `${machines.length} machines live, which are not those of the ${count} spawns`;
}
