import { execFile } from "node:child_process";
import { join } from "node:path";
import { createSlipway } from "../../../src/slipway/create-slipway.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { NODE_ENVIRONMENT } from "../processes.ts";
import { scratchFolder } from "../scratch.ts";
import { wrongInput } from "./crash-input.ts";
import type { ReceivedInput } from "./crash-input.ts";

/** A substrate on which one workspace can be spawned, and its machines. */
export interface CrashSubstrate extends AsyncDisposable {
  readonly name: string;
  /** Environment for the victim and for the process that recovers. */
  readonly environment: Readonly<Record<string, string>>;
  /** Writes the records of a workspace and returns its name. */
  prepare(slipway: Slipway): Promise<string>;
  /** Ids of all live machines. */
  machines(): Promise<readonly string[]>;
  /** The input that a live machine was given; null if it has none. */
  readonly received: (machineId: string) => Promise<ReceivedInput | null>;
  /** The calls that it has received, in order; empty if it does not record them. */
  requests(): readonly SeenCall[];
}

export interface SeenCall {
  /** The cloud's name of the call, or `dry run` for a launch with `DryRun`. */
  readonly call: string;
  readonly isThrottled: boolean;
}

/** The end of a victim. */
export interface Victim {
  /** The points that it reached; if it was killed, the last one is where. */
  readonly points: readonly string[];
  readonly killed: boolean;
}

const VICTIM = join(import.meta.dirname, "victim-process.ts");

/** When to kill: at the n-th point (0: never), or after a number of milliseconds. */
export type Kill = { readonly point: number } | { readonly afterMilliseconds: number };

export interface Aftermath {
  readonly state: string | null;
  readonly machineId: string | null;
  /** Live machines after recovery and two sweeps. */
  readonly machines: readonly string[];
  /** Live machines after recovery only. */
  readonly beforeSweep: readonly string[];
  /** What is wrong with the machine's input; null if it has its spawn's own. */
  readonly wrongInput: string | null;
}

/** With a separate ledger on the substrate: kills a victim, recovers, and counts what is left. */
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
  const running = known?.state === "running" ? [known] : [];
  const wrong = await wrongInput(running, substrate.received);
  await slipway.sweep({ grace: 0 });
  await slipway.sweep({ grace: 0 });
  const machines = await substrate.machines();
  const aftermath = {
    state: known?.state ?? null,
    machineId: known?.machine?.id ?? null,
    machines,
    beforeSweep,
    wrongInput: wrong,
  };
  if (known !== undefined) await slipway.terminateSpawn("one");
  return { victim, aftermath };
}

/** Null if all guarantees hold, otherwise what is wrong. */
export function brokenGuarantee({
  state,
  machineId,
  machines,
  beforeSweep,
  wrongInput: wrong,
}: Aftermath): string | null {
  const expected = state === "running" && machineId !== null ? [machineId] : [];
  if (state !== null && !["running", "terminated"].includes(state)) return `the spawn is ${state}`;
  if (machines.join() !== expected.join())
    return `the spawn is ${state ?? "unknown"} with ${machineId ?? "no machine"}, but these machines live: ${machines.join(", ") || "none"}`;
  if (wrong !== null) return wrong;
  if (beforeSweep.length > 1) return `${beforeSweep.join(", ")} lived at the same time`;
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
