import { LONGEST_TAGGED_SPAWN_ID } from "./cloud.ts";
import { nameOf } from "./machine.ts";
import { planOf } from "./plans.ts";
import type { PlanParameters } from "./plans.ts";
import type { Random } from "./random.ts";
import type { Command, WantedSpawn } from "./work.ts";

/** Spawns of one workspace that are requested at once. */
export interface Burst {
  /** The names of its spawns. */
  readonly names: readonly string[];
}

/** A command with its time and the process that receives it. */
export interface ScheduledCommand {
  readonly slot: number;
  readonly at: number;
  readonly command: Command | "die";
}

/** Probability that a seed has a burst. */
const SHARE = 0.3;
/** Probability that such a seed has a second burst, of another tenant or workspace, at about the same time. */
const SECOND = 0.35;

/** The bursts of a seed; their spawns are added to `wanted`. */
export function drawBursts(
  random: Random,
  parameters: PlanParameters,
  wanted: Map<string, WantedSpawn>,
): readonly Burst[] {
  if (!random.chance(SHARE)) return [];
  const first = drawBurst(random, parameters, { prefix: "agent", wanted });
  if (!random.chance(SECOND)) return [first];
  const isOther = random.chance(0.5);
  const other = isOther ? { ...parameters, tenant: "acme" } : { ...parameters, workspace: "tests" };
  const prefix = isOther && random.chance(0.5) ? "agent" : "check";
  return [first, drawBurst(random, other, { prefix, wanted })];
}

function drawBurst(
  random: Random,
  parameters: PlanParameters,
  to: { readonly prefix: string; readonly wanted: Map<string, WantedSpawn> },
): Burst {
  const size = random.chance(0.08) ? random.between(9, 30) : random.between(2, 8);
  // Too long for the label or name of a machine in a batch.
  const long = random.chance(0.1) ? random.between(1, size) : 0;
  const plan = planOf(parameters);
  const names: string[] = [];
  for (let number = 1; number <= size; number += 1) {
    const tail = number === long ? "-".padEnd(LONGEST_TAGGED_SPAWN_ID, "x") : "";
    const key = { tenant: parameters.tenant, spawnId: `${to.prefix}-${number}${tail}` };
    names.push(nameOf(key));
    to.wanted.set(nameOf(key), { ...key, plan });
  }
  return { names };
}

/**
 * The events of a burst: it is requested at or near one moment, from one or two processes; some of it is cancelled; the
 * process that received it dies during it; and two processes recover the rest concurrently.
 */
export function burstCommands(
  random: Random,
  { names }: Burst,
  at: { readonly slots: number; readonly begin: number },
): readonly ScheduledCommand[] {
  const scheduled: ScheduledCommand[] = [];
  const { slots, begin } = at;
  const slot = random.between(0, slots - 1);
  const spread = random.pick([0, 0, 30, 300, 3_000]);
  const wait = random.pick(["accepted", "running", "running", "settled"] as const);
  // Interrupting a command cancels all spawns that it requested.
  const cancelAll = random.chance(0.15) ? random.between(1, 10_000) : null;
  const cancelled = random.chance(0.3) ? 0.3 : 0.02;
  const ask = (of: number, from: number): void => {
    for (const name of names)
      scheduled.push({
        slot: of,
        at: from + random.between(0, spread),
        command: {
          kind: "spawn",
          name,
          wait,
          cancelAfter: random.chance(cancelled) ? random.between(1, 10_000) : cancelAll,
          detachAfter: random.chance(0.05) ? random.between(1, 10_000) : null,
        },
      });
  };
  ask(slot, begin);
  if (random.chance(0.2)) ask(random.between(0, slots - 1), begin + random.between(0, 2_000));
  if (random.chance(0.25)) {
    const soon = random.pick([50, 500, 5_000]);
    scheduled.push({ slot, at: begin + random.between(1, soon), command: "die" });
  }
  if (random.chance(0.3)) {
    const later = begin + random.between(500, 40_000);
    for (let other = 0; other < slots; other += 1)
      scheduled.push({ slot: other, at: later + random.between(0, 50), command: RECOVER });
  }
  return scheduled;
}

const RECOVER: Command = { kind: "recover" };
