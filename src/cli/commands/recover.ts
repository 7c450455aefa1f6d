import { isSettled, SPAWN_STATES } from "../../ledger/spawn-record.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import type { Slipway } from "../../slipway/slipway.ts";
import type { CliContext } from "../context.ts";
import { withSlipway } from "../session.ts";
import { combineFailures } from "../output/failures.ts";
import { listCommandOf } from "../spawning/list-command.ts";
import { failureOf } from "../spawning/spawn-failure.ts";
import { reportAny } from "../spawning/spawn-summary.ts";
import { viewSpawns } from "../views/spawn-view.ts";

export async function recover(context: CliContext): Promise<void> {
  const { progress, interrupt } = context;
  await withSlipway(context, async (slipway) => {
    const report = reportAny(progress, progress.silent ? [] : await unfinishedSpawns(slipway));
    using _reminder = progress.ifSilent("waiting for the provider");
    const recovered = await slipway.recover({ signal: interrupt, onEvent: report.onEvent });
    report.end(recovered);
    await context.print(viewSpawns(recovered.flatMap(({ spawn }) => spawn ?? [])));
    const failures = recovered.flatMap(({ spawnId, spawn, error: thrown }) => {
      // A spawn that ended up terminated is not a failure: its termination was requested.
      const error = thrown ?? (spawn === null ? null : failureOf({ spawn, sawEvents: false }));
      return error === null ? [] : [{ name: spawnId, spawn, error }];
    });
    const made = failures.flatMap(({ spawn }) => spawn ?? []);
    const failure = combineFailures(failures, {
      tried: recovered.length,
      consequence: "spawns failed or are unfinished",
      listCommand: listCommandOf(made, context.flags),
    });
    if (failure !== null) throw failure;
  });
}

async function unfinishedSpawns(slipway: Slipway): Promise<readonly Spawn[]> {
  const unfinished = SPAWN_STATES.filter((state) => !isSettled(state));
  return (await Promise.all(unfinished.map((state) => slipway.listSpawns({ state })))).flat();
}
