/** The options that each method accepts. `ShapeOf` makes the compiler check that every list is complete. */
import { invalidArgument } from "../errors.ts";
import { checkOptions } from "../json/check-options.ts";
import type { ShapeOf } from "../json/check-options.ts";
import type {
  BurstOptions,
  ExecOptions,
  InspectOptions,
  LogsOptions,
  PruneOptions,
  RecoverOptions,
  ResolveOptions,
  SpawnAdditions,
  SpawnOptions,
  SweepOptions,
  TerminateOptions,
  WantedSpawn,
  WatchOptions,
} from "./slipway.ts";
import { parseSpawnInput } from "../ledger/spawn-input.ts";
import type { SpawnInput } from "../substrate/contract.ts";

export const RESOLVE_OPTIONS: ShapeOf<ResolveOptions> = { offline: "boolean", signal: "signal" };

export const BURST_OPTIONS: ShapeOf<BurstOptions> = {
  signal: "signal",
  detach: "signal",
  onEvent: "function",
  onPlan: "function",
  wait: ["accepted", "running", "watched"],
  allowStale: "boolean",
};

const SPAWN_ADDITIONS: ShapeOf<SpawnAdditions> = {
  env: "object",
  labels: "object",
  input: "JSON value",
};

export const SPAWN_OPTIONS: ShapeOf<SpawnOptions> = {
  spawnId: "string",
  ...SPAWN_ADDITIONS,
  ...BURST_OPTIONS,
};

const WANTED_SPAWN: ShapeOf<WantedSpawn> = {
  workspace: "workspace or plan",
  spawnId: "string",
  ...SPAWN_ADDITIONS,
};

/** One of several spawns, with validated additions that its caller can no longer change. */
export interface CheckedSpawn extends Pick<WantedSpawn, "workspace" | "spawnId"> {
  readonly own: SpawnInput;
}

/**
 * Checks a list of wanted spawns. The library is also called from JavaScript.
 *
 * @param method for the message
 * @throws SlipwayError `INVALID_ARGUMENT`: `INVALID_INPUT` or `INPUT_TOO_LARGE`
 */
export function checkWanted(
  method: string,
  given: readonly (string | WantedSpawn)[],
): readonly CheckedSpawn[] {
  if (!Array.isArray(given))
    throw invalidArgument("INVALID_INPUT", `${method} needs a list of workspaces or plans`);
  return Array.from(given, (each, place) => {
    const name = `${method}' [${place}]`;
    const wanted = typeof each === "string" ? { workspace: each } : each;
    checkOptions(name, wanted, WANTED_SPAWN);
    if (wanted.workspace === undefined)
      throw invalidArgument("INVALID_INPUT", `${name} has no workspace`);
    const { workspace, spawnId } = wanted;
    const own = parseSpawnInput(name, wanted);
    return { workspace, ...(spawnId === undefined ? {} : { spawnId }), own };
  });
}

export const RECOVER_OPTIONS: ShapeOf<RecoverOptions> = { signal: "signal", onEvent: "function" };

export const TERMINATE_OPTIONS: ShapeOf<TerminateOptions> = {
  signal: "signal",
  onEvent: "function",
};

export const SWEEP_OPTIONS: ShapeOf<SweepOptions> = {
  grace: "whole number",
  dryRun: "boolean",
  signal: "signal",
};

const PRUNE_OPTIONS: ShapeOf<PruneOptions> = {
  olderThan: "whole number",
  dryRun: "boolean",
  signal: "signal",
  onProgress: "function",
};

/** @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` */
export function checkPruneOptions(options: PruneOptions): void {
  checkOptions("prune", options, PRUNE_OPTIONS);
  if (options.olderThan === undefined)
    throw invalidArgument(
      "INVALID_INPUT",
      "prune needs the option olderThan",
      "Give the time for which ended spawns are to be kept, in milliseconds.",
    );
}

export const FIND_OPTIONS: ShapeOf<{ readonly machineId: string }> = { machineId: "string" };

export const LOGS_OPTIONS: ShapeOf<LogsOptions> = {
  follow: "boolean",
  tail: "whole number",
  since: "string",
  signal: "signal",
};

export const EXEC_OPTIONS: ShapeOf<ExecOptions> = {
  command: "strings",
  env: "object",
  user: "string",
  workingDirectory: "string",
  input: "object",
  terminal: "object",
  onOutput: "function",
  signal: "signal",
};

export const INSPECT_OPTIONS: ShapeOf<InspectOptions> = {
  platform: "string",
  secret: "string",
  verifyLayers: "boolean",
  onWarning: "function",
  signal: "signal",
};

/** The options of methods that take only a signal. */
export const WATCH_OPTIONS: ShapeOf<WatchOptions> = {
  since: "string",
  until: ["settled", "aborted"],
  signal: "signal",
};

export const SIGNAL_OPTION: ShapeOf<{ readonly signal: AbortSignal }> = { signal: "signal" };
