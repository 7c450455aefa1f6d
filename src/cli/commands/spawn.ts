import { createDeadline } from "../../async/cancellation.ts";
import { asSlipwayError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { readPlan, warnOfChecks } from "../arguments/plan-file.ts";
import { offerCancellation } from "../spawning/second-interrupt.ts";
import { withSlipway } from "../session.ts";
import { failureOf } from "../spawning/spawn-failure.ts";
import { tellProgress } from "../spawning/spawn-progress.ts";
import { usageError } from "../arguments/flags.ts";
import { spawnMany } from "../spawning/spawn-many.ts";
import { viewSpawn } from "../views/spawn-view.ts";
import type { LaunchPlan } from "../../plan/plan.ts";
import type { BurstOptions } from "../../slipway/slipway.ts";

interface SpawnFlags {
  readonly plan?: string;
  readonly allowStale: boolean;
  readonly id?: string;
  /** Undefined for one machine, printed as itself; a number for a list of so many. */
  readonly count?: number;
  readonly noWait: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

export async function spawn(
  context: CliContext,
  flags: SpawnFlags,
  workspace?: string,
): Promise<void> {
  const launched = await subjectOf(context, flags, workspace);
  // Ctrl-C ends the wait, and the error says how to go on with the spawn; who sets a time wants nothing after it.
  using deadline = createDeadline(new AbortController().signal, flags.timeout);
  const options: BurstOptions = {
    signal: deadline.signal,
    detach: context.interrupt,
    wait: flags.noWait ? "accepted" : "watched",
    allowStale: flags.allowStale,
  };
  const { id, count } = flags;
  await withSlipway(context, async (slipway) => {
    if (count !== undefined)
      return await spawnMany({ context, slipway, workspace: launched, options, count, id });
    const tell = tellProgress(context.notices);
    let moved = false;
    const launching = slipway.spawnWorkspace(launched, {
      ...options,
      onEvent(notice) {
        moved ||= notice.kind === "event";
        tell(notice);
      },
      ...(id === undefined ? {} : { spawnId: id }),
    });
    const made = await launching.catch(async (caught: unknown) => {
      const error = asSlipwayError(caught);
      const ids = [error.metadata["spawn_id"]].filter((each) => typeof each === "string");
      throw (await offerCancellation(context, slipway, ids)) ?? error;
    });
    context.notices.clear();
    if (!context.notices.silent)
      warnOfChecks(context.notices, (await slipway.describeSpawn(made.spawnId)).plan);
    await context.print(viewSpawn(made));
    const failure = failureOf({ spawn: made, moved });
    if (failure !== null) throw failure;
  });
}

/** What is spawned: the workspace, or the saved plan. */
async function subjectOf(
  context: CliContext,
  { plan, allowStale }: SpawnFlags,
  workspace: string | undefined,
): Promise<string | LaunchPlan> {
  if (plan !== undefined && workspace !== undefined)
    throw usageError(
      "WORKSPACE and --plan exclude each other",
      "Name the workspace, or the plan that was made from it.",
    );
  if (plan !== undefined) return readPlan({ file: plan, from: context.workingDirectory });
  if (workspace === undefined)
    throw usageError("WORKSPACE is missing", "Name a workspace, or a saved plan with --plan FILE.");
  if (allowStale)
    throw usageError(
      "--allow-stale needs --plan",
      "A workspace is resolved anew: only a saved plan can be stale.",
    );
  return workspace;
}
