import { LONGEST_TOLD_SPAWN_ID } from "./cloud.ts";
import { nameOf } from "./machine.ts";
import { planOf } from "./plans.ts";
import type { PlanWish } from "./plans.ts";
import type { Random } from "./random.ts";
import type { Errand, Wanted } from "./work.ts";

/** Spawns of one workspace that are asked for at once. */
export interface Burst {
  /** Of its spawns. */
  readonly names: readonly string[];
}

/** What is asked for, when, and of which process. */
export interface Appointment {
  readonly slot: number;
  readonly at: number;
  readonly errand: Errand | "die";
}

/** So many seeds have one. */
const SHARE = 0.3;
/** So many of those have a second one, of another tenant or workspace, at about the same time. */
const SECOND = 0.35;

/** The bursts of a seed, whose spawns are added to what is wanted. */
export function drawBursts(
  random: Random,
  wish: PlanWish,
  wanted: Map<string, Wanted>,
): readonly Burst[] {
  if (!random.chance(SHARE)) return [];
  const first = drawBurst(random, wish, { prefix: "agent", wanted });
  if (!random.chance(SECOND)) return [first];
  const isOther = random.chance(0.5);
  const other = isOther ? { ...wish, tenant: "acme" } : { ...wish, workspace: "tests" };
  const prefix = isOther && random.chance(0.5) ? "agent" : "check";
  return [first, drawBurst(random, other, { prefix, wanted })];
}

function drawBurst(
  random: Random,
  wish: PlanWish,
  to: { readonly prefix: string; readonly wanted: Map<string, Wanted> },
): Burst {
  const size = random.chance(0.08) ? random.between(9, 30) : random.between(2, 8);
  // Too long for what a machine of a batch can tell.
  const long = random.chance(0.1) ? random.between(1, size) : 0;
  const plan = planOf(wish);
  const names: string[] = [];
  for (let number = 1; number <= size; number += 1) {
    const tail = number === long ? "-".padEnd(LONGEST_TOLD_SPAWN_ID, "x") : "";
    const key = { tenant: wish.tenant, spawnId: `${to.prefix}-${number}${tail}` };
    names.push(nameOf(key));
    to.wanted.set(nameOf(key), { ...key, plan });
  }
  return { names };
}

/**
 * What happens about a burst: it is asked for at one moment or nearly so, of one process or two; some of it is given up;
 * who was asked dies in its midst; and two recover what is left at once.
 */
export function burstErrands(
  random: Random,
  { names }: Burst,
  at: { readonly slots: number; readonly begin: number },
): readonly Appointment[] {
  const appointments: Appointment[] = [];
  const { slots, begin } = at;
  const slot = random.between(0, slots - 1);
  const spread = random.pick([0, 0, 30, 300, 3_000]);
  const wait = random.pick(["accepted", "running", "running", "settled"] as const);
  // Whoever interrupts a command that asked for all of them gives all of them up.
  const cancelAll = random.chance(0.15) ? random.between(1, 10_000) : null;
  const cancelled = random.chance(0.3) ? 0.3 : 0.02;
  const ask = (of: number, from: number): void => {
    for (const name of names)
      appointments.push({
        slot: of,
        at: from + random.between(0, spread),
        errand: {
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
    appointments.push({ slot, at: begin + random.between(1, soon), errand: "die" });
  }
  if (random.chance(0.3)) {
    const later = begin + random.between(500, 40_000);
    for (let other = 0; other < slots; other += 1)
      appointments.push({ slot: other, at: later + random.between(0, 50), errand: RECOVER });
  }
  return appointments;
}

const RECOVER: Errand = { kind: "recover" };
