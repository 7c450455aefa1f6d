import { isSlipwayError } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import type { SpawnKey } from "../../src/ledger/ledger.ts";
import { recover } from "../../src/spawner/recover.ts";
import { refresh } from "../../src/spawner/refresh.ts";
import { awaitSpawn, spawnPlan, terminate } from "../../src/spawner/spawn.ts";
import type { Spawn } from "../../src/ledger/spawn-record.ts";
import { prune } from "../../src/ledger/prune.ts";
import { sweep } from "../../src/spawner/sweep.ts";
import type { Wait, WaitOptions } from "../../src/spawner/task.ts";
import type { Spawner } from "./host.ts";
import { inputOfName } from "./inputs.ts";
import { nameOf } from "./machine.ts";
import type { Scene } from "./scene.ts";

/** A command for a process. */
export type Command =
  | {
      readonly kind: "spawn" | "attend" | "terminate";
      /** The spawn's name. */
      readonly name: string;
      readonly wait: Wait;
      /** Cancels it after this many milliseconds; null: never. */
      readonly cancelAfter: number | null;
      /** Maximum time to wait in milliseconds; null: no maximum. */
      readonly detachAfter: number | null;
    }
  | { readonly kind: "recover" }
  | { readonly kind: "sweep"; readonly grace: number }
  | { readonly kind: "refresh" }
  | { readonly kind: "prune"; readonly olderThan: number };

/** A command that has begun. */
export interface RunningCommand {
  readonly spawner: Spawner;
  readonly what: string;
  /** Why it failed; otherwise null. */
  failure: string | null;
}

/** A spawn to create. */
export interface WantedSpawn extends SpawnKey {
  readonly plan: LaunchPlan;
}

export interface Work {
  /** Commands in progress whose process was alive at the last check. */
  readonly open: Set<RunningCommand>;
  begin(spawner: Spawner, command: Command): RunningCommand;
}

/** @param wanted the spawns to create, by name */
export function createWork(scene: Scene, wanted: ReadonlyMap<string, WantedSpawn>): Work {
  const open = new Set<RunningCommand>();
  const tenants = [...new Set(Array.from(wanted.values(), ({ tenant }) => tenant))];
  const wantedAs = (name: string): WantedSpawn => {
    const one = wanted.get(name);
    if (one === undefined) throw new Error(`${name} has no plan`);
    return one;
  };

  const abortAfter = ({ process }: Spawner, milliseconds: number | null, how: string) => {
    const controller = new AbortController();
    if (milliseconds !== null)
      scene.scheduler.after(milliseconds, () =>
        process.resume(() => controller.abort(new DOMException(how, "AbortError"))),
      );
    return controller.signal;
  };

  const wishOf = (
    spawner: Spawner,
    {
      name,
      wait,
      cancelAfter,
      detachAfter,
    }: Extract<Command, { kind: "spawn" | "attend" | "terminate" }>,
  ): WaitOptions => ({
    tenant: wantedAs(name).tenant,
    spawnId: wantedAs(name).spawnId,
    wait,
    signal: abortAfter(spawner, cancelAfter, "cancelled"),
    detach: abortAfter(spawner, detachAfter, "detached"),
    onEvent: () => undefined,
  });

  const perform = async (spawner: Spawner, command: Command): Promise<string> => {
    const { world } = spawner;
    const signal = new AbortController().signal;
    switch (command.kind) {
      case "spawn": {
        const { plan } = wantedAs(command.name);
        const request = {
          ...wishOf(spawner, command),
          plan,
          own: inputOfName(command.name),
          subject: plan.workspace,
        };
        return stateOf(await spawnPlan(world, request));
      }
      case "attend":
        return stateOf(await awaitSpawn(world, wishOf(spawner, command)));
      case "terminate":
        return stateOf(await terminate(world, wishOf(spawner, command)));
      case "recover": {
        const all = tenants.map((tenant) =>
          recover(world, { tenant, signal, onEvent: () => undefined }),
        );
        const recovered = (await Promise.all(all)).flat();
        for (const { error } of recovered) if (error !== null) expectKnown(scene, error);
        return recovered
          .map((one) => `${one.spawnId} ${one.error?.message ?? one.spawn?.state}`)
          .join(", ");
      }
      case "sweep": {
        const ports = { ...world, openAdapter: spawner.openForSweep(command.grace) };
        const report = await sweep(ports, {
          targets: [],
          grace: command.grace,
          dryRun: false,
          signal,
        });
        return `${report.scanned} machines, ${report.suspects.length} suspects, ended ${report.terminated.map(({ id }) => id).join(" ")}`;
      }
      case "prune": {
        const { olderThan } = command;
        const terms = { olderThan, dryRun: false, signal, onProgress: () => undefined };
        const reports = await Promise.all(
          tenants.map((tenant) => prune(world, { tenant, ...terms })),
        );
        return `${reports.reduce((sum, { spawns }) => sum + spawns, 0)} spawns`;
      }
      case "refresh": {
        await refresh(world, [...wanted.values()], signal);
        return "done";
      }
    }
  };

  return {
    open,
    begin(spawner, command) {
      const what = wordsOf(command);
      const task: RunningCommand = { spawner, what, failure: null };
      open.add(task);
      const { id } = spawner.process;
      scene.narrate(id, () => `begins to ${what}`);
      perform(spawner, command).then(
        (result) => {
          open.delete(task);
          scene.narrate(id, () => `completes ${what}: ${result}`);
        },
        (failure: unknown) => {
          open.delete(task);
          task.failure = String(failure);
          scene.narrate(id, () => `fails to ${what}: ${String(failure)}`);
          expectKnown(scene, failure);
        },
      );
      return task;
    },
  };
}

/** The product's own errors are answers; any other error is a defect. */
function expectKnown(scene: Scene, failure: unknown): void {
  if (isSlipwayError(failure) && failure.reason !== "INTERNAL") {
    if (failure.reason === "LEDGER_RESTORED")
      scene.violate("every machine has a launch on record", failure.message);
    return;
  }
  scene.violate(
    "only SlipwayErrors are thrown",
    failure instanceof Error ? (failure.stack ?? failure.message) : String(failure),
  );
}

function stateOf({ state, machine, ...key }: Spawn): string {
  return `${nameOf(key)} is ${state}${machine === null ? "" : ` as ${machine.id}`}`;
}

function wordsOf(command: Command): string {
  switch (command.kind) {
    case "spawn":
    case "attend":
    case "terminate": {
      const { kind, name, wait, cancelAfter, detachAfter } = command;
      const cancel = cancelAfter === null ? "" : `, cancelled after ${cancelAfter} ms`;
      const detach = detachAfter === null ? "" : `, waiting ${detachAfter} ms`;
      return `${kind} ${name} (${wait}${cancel}${detach})`;
    }
    case "sweep":
      return `sweep with a grace of ${command.grace} ms`;
    case "prune":
      return `prune what ended ${command.olderThan} ms ago`;
    case "recover":
    case "refresh":
      return command.kind;
  }
}
