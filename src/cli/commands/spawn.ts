import { createDeadline } from "../../async/cancellation.ts";
import { asSlipwayError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { readPlan, warnAboutChecks } from "../arguments/plan-file.ts";
import { offerCancellation } from "../spawning/second-interrupt.ts";
import { withSlipway } from "../session.ts";
import { failureOf } from "../spawning/spawn-failure.ts";
import { reportProgress } from "../spawning/spawn-progress.ts";
import { MOST_AT_ONCE, usageError } from "../arguments/flags.ts";
import { readSpawnInput } from "../arguments/spawn-input.ts";
import type { FlaggedInput, InputFlags } from "../arguments/spawn-input.ts";
import { checkTimeout } from "../spawning/spawn-timeout.ts";
import { quoted } from "../terminal-text.ts";
import { spawnMany } from "../spawning/spawn-many.ts";
import { viewSpawn } from "../views/spawn-view.ts";
import type { LaunchPlan } from "../../plan/plan.ts";
import type { BurstOptions, WantedSpawn } from "../../slipway/slipway.ts";

interface SpawnFlags extends InputFlags {
  readonly plan?: string;
  readonly allowStale: boolean;
  readonly id?: string;
  /** Undefined: one machine, printed as an object. A number: that many machines, printed as a list. */
  readonly count?: number;
  readonly noWait: boolean;
  /** Milliseconds. Undefined: no limit but those of each step. */
  readonly timeout?: number;
}

export async function spawn(
  context: CliContext,
  flags: SpawnFlags,
  workspace?: string,
): Promise<void> {
  const launched = await subjectOf(context, flags, workspace);
  const { workingDirectory, interrupt } = context;
  const input = await readSpawnInput(flags, workingDirectory, interrupt);
  // Ctrl-C detaches: the spawn stays recorded and the error says how to resume it. A timeout cancels the spawn.
  using deadline = createDeadline(new AbortController().signal, flags.timeout ?? null);
  const options: BurstOptions = {
    signal: deadline.signal,
    detach: context.interrupt,
    wait: flags.noWait ? "accepted" : "watched",
    allowStale: flags.allowStale,
    onPlan: (plan) => warnAboutChecks(context.progress, plan),
  };
  const { id } = flags;
  const count = countOf(flags, input);
  await withSlipway(context, async (slipway) => {
    const wanted = wantedSpawns(launched, { id, count }, input);
    await checkTimeout({ slipway, progress: context.progress }, wanted, flags.timeout);
    if (count !== undefined) return await spawnMany({ context, slipway, wanted, options, id });
    using _reminder = context.progress.ifSilent(`resolving workspace ${nameOf(launched)}`);
    const report = reportProgress(context.progress);
    let sawEvents = false;
    const launching = slipway.spawnWorkspace(launched, {
      ...options,
      ...input.shared,
      onEvent(notice) {
        sawEvents ||= notice.kind === "event";
        report(notice);
      },
      ...(id === undefined ? {} : { spawnId: id }),
    });
    const made = await launching.catch(async (caught: unknown) => {
      const error = asSlipwayError(caught);
      const ids = [error.metadata["spawn_id"]].filter((each) => typeof each === "string");
      throw (await offerCancellation(context, slipway, ids)) ?? error;
    });
    await context.print(viewSpawn(made));
    const failure = failureOf({ spawn: made, sawEvents });
    if (failure !== null) throw failure;
    if (made.state === "terminating" || made.state === "terminated")
      context.progress.warn(
        `spawn ${made.spawnId} is ${made.state}, so this command launched nothing`,
        "If you need a machine, spawn again with another id.",
      );
  });
}

/** The number of lines of `--inputs` is the count; undefined: one machine, printed as an object. */
function countOf({ count, inputs }: SpawnFlags, { each }: FlaggedInput): number | undefined {
  if (each === null) return count;
  if (each.length === 0 || each.length > MOST_AT_ONCE)
    throw usageError(
      `--inputs: ${quoted(inputs ?? "", 256)} has ${each.length} lines`,
      `Write one JSON value on each line, for 1 to ${MOST_AT_ONCE} machines.`,
    );
  if (count === undefined || count === each.length) return each.length;
  throw usageError(
    `--inputs: ${quoted(inputs ?? "", 256)} has ${each.length} lines, but --count is ${count}`,
    "Omit --count, or write one line for each machine.",
  );
}

/** The spawns get the id with `-0`, `-1` and so on appended if a count is given; without an id, generated ids. */
function wantedSpawns(
  workspace: string | LaunchPlan,
  { id, count }: { readonly id: string | undefined; readonly count: number | undefined },
  { shared, each }: FlaggedInput,
): readonly WantedSpawn[] {
  return Array.from({ length: count ?? 1 }, (_, index) => {
    const input = each?.[index];
    return {
      workspace,
      ...(id === undefined ? {} : { spawnId: count === undefined ? id : `${id}-${index}` }),
      ...shared,
      ...(input === undefined ? {} : { input }),
    };
  });
}

function nameOf(launched: string | LaunchPlan): string {
  return typeof launched === "string" ? launched : launched.workspace;
}

/** The workspace's name, or the saved plan that `--plan` names. */
async function subjectOf(
  context: CliContext,
  { plan, allowStale }: SpawnFlags,
  workspace: string | undefined,
): Promise<string | LaunchPlan> {
  if (plan !== undefined && workspace !== undefined)
    throw usageError(
      "WORKSPACE and --plan are mutually exclusive",
      "Name a workspace or a saved plan, not both.",
    );
  if (plan !== undefined)
    return await readPlan({ file: plan, from: context.workingDirectory }, context.interrupt);
  if (workspace === undefined)
    throw usageError("WORKSPACE is missing", "Name a workspace, or a saved plan with --plan FILE.");
  if (allowStale)
    throw usageError(
      "--allow-stale needs --plan",
      "Omit it: a workspace is resolved afresh, so only a saved plan can be stale.",
    );
  return workspace;
}
