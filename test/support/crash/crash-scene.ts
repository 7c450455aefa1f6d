import { execFile } from "node:child_process";
import { join } from "node:path";
import { createSlipway } from "../../../src/slipway/create-slipway.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { NODE_ENVIRONMENT } from "../processes.ts";
import { scratchFolder } from "../scratch.ts";

/** A substrate on which one workspace can be spawned, and what lives on it. */
export interface CrashSubstrate extends AsyncDisposable {
  readonly name: string;
  /** For the victim and for whoever recovers. */
  readonly environment: Readonly<Record<string, string>>;
  /** Writes the records of a workspace and gives its name. */
  prepare(slipway: Slipway): Promise<string>;
  /** Ids of all machines that live there. */
  machines(): Promise<readonly string[]>;
  /** Calls that it has seen, in their order; none where it does not tell. */
  requests(): readonly SeenCall[];
}

export interface SeenCall {
  /** The cloud's name of the call, or `dry run` for a launch with `DryRun`. */
  readonly call: string;
  readonly isThrottled: boolean;
}

/** How a victim ended. */
export interface Victim {
  /** The points that it reached, the last one being where it was killed. */
  readonly points: readonly string[];
  readonly killed: boolean;
}

const VICTIM = join(import.meta.dirname, "victim-process.ts");

/** Where to kill: at the n-th point (0: nowhere), or after so many milliseconds. */
export type Kill = { readonly point: number } | { readonly afterMilliseconds: number };

export interface Aftermath {
  readonly state: string | null;
  readonly machineId: string | null;
  /** What lives after recovery and two sweeps. */
  readonly machines: readonly string[];
  /** What lived after recovery alone. */
  readonly beforeSweep: readonly string[];
}

/** A ledger of its own on the substrate: a victim is killed, somebody recovers, and what is left is counted. */
export async function crashOnce(
  substrate: CrashSubstrate,
  kill: Kill,
): Promise<{ readonly victim: Victim; readonly aftermath: Aftermath }> {
  using folder = scratchFolder();
  const database = join(folder.path, "slipway.db");
  const environment = {
    ...NODE_ENVIRONMENT,
    HOME: folder.path,
    ...substrate.environment,
  };
  await using slipway = await createSlipway({ database, environment });
  const workspace = await substrate.prepare(slipway);
  const victim = await runVictim([database, workspace, "one"], kill, environment);
  await slipway.recover();
  const known = (await slipway.listSpawns()).find(({ spawnId }) => spawnId === "one");
  const beforeSweep = await substrate.machines();
  await slipway.sweep({ grace: 0 });
  await slipway.sweep({ grace: 0 });
  const machines = await substrate.machines();
  const aftermath = {
    state: known?.state ?? null,
    machineId: known?.machine?.id ?? null,
    machines,
    beforeSweep,
  };
  if (known !== undefined) await slipway.terminateSpawn("one");
  return { victim, aftermath };
}

/** Null where all is as promised, else what is wrong. */
export function brokenPromise({
  state,
  machineId,
  machines,
  beforeSweep,
}: Aftermath): string | null {
  const expected = state === "running" && machineId !== null ? [machineId] : [];
  if (state !== null && !["running", "terminated"].includes(state)) return `the spawn is ${state}`;
  if (machines.join() !== expected.join())
    return `the spawn is ${state ?? "unknown"} with ${machineId ?? "no machine"}, but ${machines.join(", ") || "nothing"} lives`;
  if (beforeSweep.length > 1) return `${beforeSweep.join(", ")} lived at once`;
  return null;
}

function runVictim(
  words: readonly string[],
  kill: Kill,
  environment: NodeJS.ProcessEnv,
): Promise<Victim> {
  const point = "point" in kill ? kill.point : 0;
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [VICTIM, ...words, String(point)],
      { env: environment },
      (error, stdout, stderr) => {
        const killed = error?.signal === "SIGKILL";
        if (error !== null && !killed) reject(new Error(`the victim failed: ${stderr}`));
        else resolve({ points: stdout.split("\n").filter(Boolean), killed });
      },
    );
    if ("afterMilliseconds" in kill)
      setTimeout(() => child.kill("SIGKILL"), kill.afterMilliseconds).unref();
  });
}
