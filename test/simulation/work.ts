import { isSlipwayError } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import type { SpawnKey } from "../../src/ledger/ledger.ts";
import { recover } from "../../src/spawner/recover.ts";
import { refresh } from "../../src/spawner/refresh.ts";
import { attend, spawnPlan, terminate } from "../../src/spawner/spawn.ts";
import type { Spawn } from "../../src/ledger/spawn-record.ts";
import { sweep } from "../../src/spawner/sweep.ts";
import type { Wait, Wish } from "../../src/spawner/task.ts";
import type { Spawner } from "./host.ts";
import { nameOf } from "./machine.ts";
import type { Scene } from "./scene.ts";

/** What somebody asks a process to do. */
export type Errand =
  | {
      readonly kind: "spawn" | "attend" | "terminate";
      /** Of the spawn. */
      readonly name: string;
      readonly wait: Wait;
      /** Gives it up after so many milliseconds; null: never. */
      readonly cancelAfter: number | null;
      /** Waits no longer than so many milliseconds; null: for ever. */
      readonly detachAfter: number | null;
    }
  | { readonly kind: "recover" }
  | { readonly kind: "sweep"; readonly grace: number }
  | { readonly kind: "refresh" };

/** An errand that was begun. */
export interface Running {
  readonly spawner: Spawner;
  readonly what: string;
  /** Why it failed; null where it has not. */
  failure: string | null;
}

/** What is to be spawned. */
export interface Wanted extends SpawnKey {
  readonly plan: LaunchPlan;
}

export interface Work {
  /** Those that are not over, and whose process was alive when they were last looked at. */
  readonly open: Set<Running>;
  begin(spawner: Spawner, errand: Errand): Running;
}

/** @param wanted what each spawn is to be, by its name */
export function createWork(scene: Scene, wanted: ReadonlyMap<string, Wanted>): Work {
  const open = new Set<Running>();
  const tenants = [...new Set(Array.from(wanted.values(), ({ tenant }) => tenant))];
  const wantedAs = (name: string): Wanted => {
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
    }: Extract<Errand, { kind: "spawn" | "attend" | "terminate" }>,
  ): Wish => ({
    tenant: wantedAs(name).tenant,
    spawnId: wantedAs(name).spawnId,
    wait,
    signal: abortAfter(spawner, cancelAfter, "cancelled"),
    detach: abortAfter(spawner, detachAfter, "detached"),
    onEvent: () => undefined,
  });

  const perform = async (spawner: Spawner, errand: Errand): Promise<string> => {
    const { world } = spawner;
    const signal = new AbortController().signal;
    switch (errand.kind) {
      case "spawn": {
        const { plan } = wantedAs(errand.name);
        const request = { ...wishOf(spawner, errand), plan, subject: plan.workspace };
        return stateOf(await spawnPlan(world, request));
      }
      case "attend":
        return stateOf(await attend(world, wishOf(spawner, errand)));
      case "terminate":
        return stateOf(await terminate(world, wishOf(spawner, errand)));
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
        const ports = { ...world, openAdapter: spawner.openForSweep(errand.grace) };
        const report = await sweep(ports, {
          targets: [],
          grace: errand.grace,
          dryRun: false,
          signal,
        });
        return `${report.scanned} machines, ${report.suspects.length} suspects, ended ${report.terminated.map(({ id }) => id).join(" ")}`;
      }
      case "refresh": {
        await refresh(world, [...wanted.values()], signal);
        return "done";
      }
    }
  };

  return {
    open,
    begin(spawner, errand) {
      const what = wordsOf(errand);
      const task: Running = { spawner, what, failure: null };
      open.add(task);
      const { id } = spawner.process;
      scene.tell(id, () => `is asked to ${what}`);
      perform(spawner, errand).then(
        (result) => {
          open.delete(task);
          scene.tell(id, () => `is done with ${what}: ${result}`);
        },
        (failure: unknown) => {
          open.delete(task);
          task.failure = String(failure);
          scene.tell(id, () => `gives up ${what}: ${String(failure)}`);
          expectKnown(scene, failure);
        },
      );
      return task;
    },
  };
}

/** Errors of the product's own making are answers; anything else is a defect. */
function expectKnown(scene: Scene, failure: unknown): void {
  if (isSlipwayError(failure) && failure.reason !== "INTERNAL") {
    if (failure.reason === "LEDGER_RESTORED")
      scene.violate("every machine has a launch on record", failure.message);
    return;
  }
  scene.violate(
    "only errors of its own",
    failure instanceof Error ? (failure.stack ?? failure.message) : String(failure),
  );
}

function stateOf({ state, machine, ...key }: Spawn): string {
  return `${nameOf(key)} is ${state}${machine === null ? "" : ` as ${machine.id}`}`;
}

function wordsOf(errand: Errand): string {
  switch (errand.kind) {
    case "spawn":
    case "attend":
    case "terminate": {
      const { kind, name, wait, cancelAfter, detachAfter } = errand;
      const cancel = cancelAfter === null ? "" : `, cancelled after ${cancelAfter} ms`;
      const detach = detachAfter === null ? "" : `, waiting ${detachAfter} ms`;
      return `${kind} ${name} (${wait}${cancel}${detach})`;
    }
    case "sweep":
      return `sweep with a grace of ${errand.grace} ms`;
    case "recover":
    case "refresh":
      return errand.kind;
  }
}
