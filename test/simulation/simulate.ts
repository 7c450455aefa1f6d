import type { Step } from "../../src/ledger/ledger.ts";
import { createAuditor } from "./auditor.ts";
import { calmAndCheck } from "./calm.ts";
import { createHosts } from "./host.ts";
import { openLedger } from "./ledgers.ts";
import type { LedgerKind } from "./ledgers.ts";
import { drawFaultRates } from "./fault-rates.ts";
import { KIND_OF } from "./plans.ts";
import { createPoweredLedger } from "./powered-ledger.ts";
import type { PoweredLedger } from "./powered-ledger.ts";
import { createPower } from "./power.ts";
import { createRandom } from "./random.ts";
import { createScene } from "./scene.ts";
import type { StoryLine, Violation } from "./scene.ts";
import { createScheduler, START } from "./scheduler.ts";
import { runFaultPhase, drawWorld, machineTypesOf } from "./fault-phase.ts";
import { schedulePrunes } from "./prunes.ts";
import { createWork } from "./work.ts";

/** The result of one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly ledger: LedgerKind;
  /** Empty if no guarantee was broken. */
  readonly violations: readonly Violation[];
  readonly steps: number;
  /** Virtual time. */
  readonly milliseconds: number;
  /** Empty unless requested. */
  readonly story: readonly StoryLine[];
  readonly counts: SeedCounts;
}

/** Counts of what happened in a seed, to verify that the intended events do occur. */
export interface SeedCounts {
  readonly spawns: number;
  readonly machines: number;
  readonly launches: number;
  /** Launch requests with several members. */
  readonly batches: number;
  readonly deaths: number;
  readonly powerCuts: number;
  /** Steps that power cuts have undone. */
  readonly lostSteps: number;
  /** Machines that a sweep found and terminated. */
  readonly sweptMachines: number;
  readonly prunedSpawns: number;
  readonly running: number;
  readonly terminated: number;
  readonly failed: number;
}

export interface SeedOptions {
  readonly ledger: LedgerKind;
  readonly story: boolean;
  /** Wraps the ledger with a defect, to verify that the auditor detects it. */
  readonly sabotage?: (ledger: PoweredLedger) => PoweredLedger;
  /** Steps that a power cut may undo; for tests with a ledger that loses more than allowed. */
  readonly isLight?: (step: Step) => boolean;
}

/** Far more than any seed needs: a run with more steps never ends. */
const MAXIMUM_STEPS = 200_000;

/** Runs one seed, from its fault phase to rest. Everything is determined by the seed. */
export async function runSeed(seed: number, options: SeedOptions): Promise<SeedResult> {
  const random = createRandom(seed);
  const scheduler = createScheduler(random, MAXIMUM_STEPS);
  const story: StoryLine[] = [];
  const scene = createScene(
    random,
    scheduler,
    drawFaultRates(random),
    options.story ? story : null,
  );
  const auditor = createAuditor(scene);
  const honest = createPoweredLedger(() => openLedger(options.ledger), options.isLight);
  const ledger = options.sabotage?.(honest) ?? honest;
  const { clouds, wanted, bursts } = drawWorld(scene, auditor, machineTypesOf(seed));
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
    scene.violate("no unhandled rejection", String(reason));
  process.on("unhandledRejection", unhandled);
  try {
    schedulePrunes(stage, seed);
    await runFaultPhase(stage, power);
    if (scene.violations.length === 0) await calmAndCheck(stage);
    // Node reports unhandled rejections only when it is otherwise idle.
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
      batches: [...auditor.requests.values()].filter(({ length }) => length > 1).length,
      launches: standings.reduce((sum, { launches }) => sum + launches.length, 0),
      deaths: [...hosts.processes.values()].filter(({ isAlive }) => !isAlive).length,
      powerCuts: power.cuts,
      lostSteps: power.lost,
      sweptMachines: auditor.swept,
      prunedSpawns: auditor.prunedSpawns,
      running: ended("running"),
      terminated: ended("terminated"),
      failed: ended("failed"),
    },
  };
}
