import { createRandom } from "./random.ts";
import type { Stage } from "./stage.ts";

/** Of so many seeds, one prunes. The others keep their stories, because these numbers come from a generator of their own. */
const ONE_IN = 10;
const FAULT_PHASE = 90_000;

/**
 * Prunes the ledger at random moments, with a retention so short that other processes still wait for what is deleted, and
 * spawns the deleted ids again.
 */
export function schedulePrunes({ scene, hosts, work, wanted }: Stage, seed: number): void {
  if (seed % ONE_IN !== ONE_IN - 1) return;
  const random = createRandom(seed ^ 0x70_72_75);
  const names = [...wanted.keys()];
  for (let count = random.between(3, 12); count > 0; count -= 1) {
    const olderThan = random.pick([0, 1, 2_000, 20_000]);
    const again = names[random.between(0, names.length - 1)] ?? "";
    const isRepeated = random.chance(0.6);
    scene.scheduler.after(random.between(5_000, FAULT_PHASE), () => {
      const alive = [...hosts.spawners.values()].filter(({ process }) => process.isAlive);
      const spawner = alive[random.between(0, alive.length - 1)];
      if (spawner === undefined || scene.isCalm) return;
      work.begin(spawner, { kind: "prune", olderThan });
      if (!isRepeated) return;
      const untimed = { cancelAfter: null, detachAfter: null } as const;
      work.begin(spawner, { kind: "spawn", name: again, wait: "running", ...untimed });
    });
  }
}
