import type { Step } from "../../src/ledger/ledger.ts";
import { createAuditor } from "./auditor.ts";
import { calmAndJudge } from "./calm.ts";
import { createHosts } from "./host.ts";
import { openLedger } from "./ledgers.ts";
import type { LedgerKind } from "./ledgers.ts";
import { drawMood } from "./mood.ts";
import { KIND_OF } from "./plans.ts";
import { createPoweredLedger } from "./powered-ledger.ts";
import type { PoweredLedger } from "./powered-ledger.ts";
import { createPower } from "./power.ts";
import { createRandom } from "./random.ts";
import { createScene } from "./scene.ts";
import type { Line, Violation } from "./scene.ts";
import { createScheduler, START } from "./scheduler.ts";
import { disturb, drawWorld } from "./turmoil.ts";
import { createWork } from "./work.ts";

/** What became of one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly ledger: LedgerKind;
  /** Empty where every promise was kept. */
  readonly violations: readonly Violation[];
  readonly steps: number;
  /** Virtual. */
  readonly milliseconds: number;
  /** Empty unless it was asked for. */
  readonly story: readonly Line[];
  readonly counts: SeedCounts;
}

/** What happened in a seed, to see that what is meant to happen does. */
export interface SeedCounts {
  readonly spawns: number;
  readonly machines: number;
  readonly launches: number;
  /** Launches of several members that a cloud was asked for. */
  readonly batches: number;
  readonly deaths: number;
  readonly powerCuts: number;
  /** Steps that power cuts have undone. */
  readonly lostSteps: number;
  /** Machines that a sweep found and ended. */
  readonly sweptMachines: number;
  readonly running: number;
  readonly terminated: number;
  readonly failed: number;
}

export interface SeedOptions {
  readonly ledger: LedgerKind;
  readonly story: boolean;
  /** A ledger that does not do what it promises, to see that it is noticed. */
  readonly sabotage?: (ledger: PoweredLedger) => PoweredLedger;
  /** Which steps a power cut may undo, for a ledger that loses more than it may. */
  readonly isLight?: (step: Step) => boolean;
}

/** No seed comes near it: what goes on for longer never ends. */
const MAXIMUM_STEPS = 200_000;

/** One world, from its first troubles to its rest, all of it decided by its seed. */
export async function runSeed(seed: number, options: SeedOptions): Promise<SeedResult> {
  const random = createRandom(seed);
  const scheduler = createScheduler(random, MAXIMUM_STEPS);
  const story: Line[] = [];
  const scene = createScene(random, scheduler, drawMood(random), options.story ? story : null);
  const auditor = createAuditor(scene);
  const honest = createPoweredLedger(() => openLedger(options.ledger), options.isLight);
  const ledger = options.sabotage?.(honest) ?? honest;
  const { clouds, wanted, bursts } = drawWorld(scene, auditor);
  const hosts = createHosts({
    scene,
    auditor,
    ledger,
    cloudOf: ({ substrate }) => clouds.get(KIND_OF[substrate]),
  });
  const work = createWork(scene, wanted);
  const power = createPower({ seed, scene, auditor, hosts, ledger });
  const stage = { scene, auditor, clouds, wanted, bursts, hosts, work };
  const unhandled = (reason: unknown): void =>
    scene.violate("no failure that nobody sees", String(reason));
  process.on("unhandledRejection", unhandled);
  try {
    await disturb(stage, power);
    if (scene.violations.length === 0) await calmAndJudge(stage);
    // Node looks for failures that nobody handles when it has nothing else to do.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  } finally {
    process.off("unhandledRejection", unhandled);
    await ledger.close();
  }
  const standings = Array.from(auditor.records.values(), ({ standing }) => standing);
  const ended = (state: string) => standings.filter(({ spawn }) => spawn.state === state).length;
  return {
    seed,
    ledger: options.ledger,
    violations: scene.violations,
    steps: scheduler.steps,
    milliseconds: scheduler.now() - START,
    story,
    counts: {
      spawns: standings.length,
      machines: auditor.machines.size,
      batches: [...auditor.asked.values()].filter(({ length }) => length > 1).length,
      launches: standings.reduce((sum, { launches }) => sum + launches.length, 0),
      deaths: [...hosts.processes.values()].filter(({ isAlive }) => !isAlive).length,
      powerCuts: power.cuts,
      lostSteps: power.lost,
      sweptMachines: auditor.swept,
      running: ended("running"),
      terminated: ended("terminated"),
      failed: ended("failed"),
    },
  };
}
