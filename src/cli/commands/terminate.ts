import { createDeadline } from "../../async/cancellation.ts";
import { asSlipwayError } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";
import type { Slipway, TerminateOptions } from "../../slipway/slipway.ts";
import { isFinished } from "../../ledger/spawn-record.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import type { CliContext } from "../context.ts";
import { quoted } from "../terminal-text.ts";
import { withSlipway } from "../session.ts";
import { usageError } from "../arguments/flags.ts";
import { combineFailures } from "../output/failures.ts";
import type { Failure } from "../output/failures.ts";
import { listCommandOf } from "../spawning/list-command.ts";
import { reportAny } from "../spawning/spawn-summary.ts";
import { viewSpawn, viewSpawns } from "../views/spawn-view.ts";

interface TerminateFlags {
  readonly workspace?: string;
  /** Milliseconds. Undefined: each call to a provider has its own limit. */
  readonly timeout?: number;
}

export async function terminate(
  context: CliContext,
  flags: TerminateFlags,
  ...named: readonly string[]
): Promise<void> {
  const { workspace, timeout } = flags;
  if (workspace === undefined && named.length === 0)
    throw usageError(
      "SPAWN_ID is missing",
      "Name one or more spawns, or a workspace with --workspace.",
    );
  if (workspace !== undefined && named.length > 0)
    throw usageError(
      "SPAWN_ID and --workspace are mutually exclusive",
      "Name spawns, or a workspace to terminate all of its machines.",
    );
  using deadline = createDeadline(context.interrupt, timeout ?? null);
  await withSlipway(context, async (slipway) => {
    const live = workspace === undefined ? [] : await liveSpawns(slipway, workspace);
    const ids = workspace === undefined ? [...new Set(named)] : live.map(({ spawnId }) => spawnId);
    if (ids.length === 0)
      context.progress.warn(
        `workspace ${quoted(workspace ?? "")} has no spawns to terminate`,
        "`slipway list` shows the spawns of all workspaces.",
      );
    using _reminder = context.progress.ifSilent("waiting for the termination to be confirmed");
    const report = reportAny(context.progress, live);
    const options = { signal: deadline.signal, onEvent: report.onEvent };
    const { ended, failures } = await terminateAll(slipway, ids, options);
    report.end(ended.map((spawn) => ({ spawnId: spawn.spawnId, spawn })));
    const [only] = ended;
    const single = workspace === undefined && ids.length === 1;
    if (single && only !== undefined) await context.print(viewSpawn(only));
    if (!single) await context.print(viewSpawns(ended));
    const failure = await failureOfAll(context, slipway, { failures, tried: ids.length });
    if (failure !== null) throw failure;
  });
}

async function failureOfAll(
  { flags }: CliContext,
  slipway: Slipway,
  { failures, tried }: { readonly failures: readonly Failure[]; readonly tried: number },
): Promise<SlipwayError | null> {
  const left = tried > 1 && failures.length > 0 ? await leftOf(slipway, failures) : [];
  return combineFailures(failures, {
    tried,
    consequence: "spawns could not be terminated",
    listCommand: listCommandOf(left, flags),
  });
}

/** The records of the spawns that could not be terminated. None if they cannot be read: why they failed says more. */
async function leftOf(slipway: Slipway, failures: readonly Failure[]): Promise<readonly Spawn[]> {
  const names = new Set(failures.map(({ name }) => name));
  const [live] = await Promise.allSettled([slipway.listSpawns({ live: true })]);
  return live.status === "rejected" ? [] : live.value.filter(({ spawnId }) => names.has(spawnId));
}

async function liveSpawns(slipway: Slipway, workspace: string): Promise<readonly Spawn[]> {
  const spawns = await slipway.listSpawns({ workspace });
  return spawns.filter(({ state }) => !isFinished(state));
}

interface Outcome {
  readonly ended: readonly Spawn[];
  readonly failures: readonly Failure[];
}

/** Attempts every termination, even after one fails. */
async function terminateAll(
  slipway: Slipway,
  ids: readonly string[],
  options: TerminateOptions,
): Promise<Outcome> {
  const ended: Spawn[] = [];
  const failures: Failure[] = [];
  const results = await Promise.allSettled(
    ids.map((spawnId) => slipway.terminateSpawn(spawnId, options)),
  );
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") ended.push(result.value);
    else failures.push({ name: ids[index] ?? "", error: asSlipwayError(result.reason) });
  }
  return { ended, failures };
}
