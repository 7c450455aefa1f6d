import type { Auditor } from "./auditor.ts";
import type { Hosts } from "./host.ts";
import type { PoweredLedger } from "./powered-ledger.ts";
import { createRandom } from "./random.ts";
import type { Scene } from "./scene.ts";

/** The power of all hosts, which share a ledger and so a disk. */
export interface Power {
  /** How often it was cut. */
  readonly cuts: number;
  /** Steps that were lost with it. */
  readonly lost: number;
  /** Lets the power fail within so many milliseconds, in some seeds. */
  threaten(milliseconds: number): void;
}

/** So many seeds have a power cut. */
const SHARE = 0.2;
/** Most launches are accepted within this, in milliseconds: most power cuts are too. */
const BUSY = 8_000;

export function createPower(parts: {
  readonly seed: number;
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly hosts: Hosts;
  readonly ledger: PoweredLedger;
}): Power {
  const { seed, scene, auditor, hosts, ledger } = parts;
  // Its own chance: a seed without a power cut has the story that it would have without this file.
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
    scene.tell("power", () => "fails");
    for (const process of hosts.processes.values()) process.die("in a power cut");
    // What the processes were writing has been written by then, or not.
    scene.scheduler.after(1, () => void restart());
  };
  return {
    get cuts() {
      return cuts;
    },
    get lost() {
      return lost;
    },
    threaten(milliseconds) {
      if (!random.chance(SHARE)) return;
      const latest = random.chance(0.7) ? Math.min(BUSY, milliseconds) : milliseconds;
      scene.scheduler.after(random.between(1, latest), cut);
    },
  };
}
