import type { Auditor } from "./auditor.ts";
import type { Hosts } from "./host.ts";
import type { PoweredLedger } from "./powered-ledger.ts";
import { createRandom } from "./random.ts";
import type { Scene } from "./scene.ts";

/** Power of all hosts; they share the ledger and therefore a disk. */
export interface Power {
  /** Number of power cuts. */
  readonly cuts: number;
  /** Number of steps lost in power cuts. */
  readonly lost: number;
  /** In some seeds, cuts the power once within this time. */
  scheduleCut(milliseconds: number): void;
}

/** Probability that a seed has a power cut. */
const CUT_PROBABILITY = 0.2;
/** Most launches are accepted within this time, in milliseconds, so most power cuts occur within it. */
const BUSY_TIME = 8_000;

export function createPower(parts: {
  readonly seed: number;
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly hosts: Hosts;
  readonly ledger: PoweredLedger;
}): Power {
  const { seed, scene, auditor, hosts, ledger } = parts;
  // A separate generator: seeds without a power cut keep the story that they have without this file.
  const random = createRandom(seed ^ 0x70_77_72);
  let cuts = 0;
  let lost = 0;

  const restart = async (): Promise<void> => {
    for (const step of await ledger.cutPower(random)) {
      lost += 1;
      auditor.lost(step);
    }
  };
  const cut = (): void => {
    if (scene.isCalm) return;
    cuts += 1;
    scene.narrate("power", () => "fails");
    for (const process of hosts.processes.values()) process.die("in a power cut");
    // By this time each write in progress has taken effect or not.
    scene.scheduler.after(1, () => void restart());
  };
  return {
    get cuts() {
      return cuts;
    },
    get lost() {
      return lost;
    },
    scheduleCut(milliseconds) {
      if (!random.chance(CUT_PROBABILITY)) return;
      const latest = random.chance(0.7) ? Math.min(BUSY_TIME, milliseconds) : milliseconds;
      scene.scheduler.after(random.between(1, latest), cut);
    },
  };
}
