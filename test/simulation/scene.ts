import { noFaults } from "./fault-rates.ts";
import type { FaultRates } from "./fault-rates.ts";
import type { Random } from "./random.ts";
import { START } from "./scheduler.ts";
import type { Scheduler } from "./scheduler.ts";

/** A broken guarantee. */
export interface Violation {
  /** The guarantee, in a few words. */
  readonly rule: string;
  readonly detail: string;
}

/** One line of a seed's story. */
export interface StoryLine {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

/** State shared by everything in one simulation. */
export interface Scene {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faultRates: FaultRates;
  readonly violations: Violation[];
  /** Arrival time of the last request on the network. */
  lastArrival: number;
  /** True if clouds count the calls that arrive; then no faults occur that pacing cannot account for. */
  isMetered: boolean;
  /** True once faults have stopped. */
  isCalm: boolean;
  /** Adds a line to the story if one is recorded; only then is the text computed. */
  narrate(who: string, what: () => string): void;
  violate(rule: string, detail: string): void;
  calmDown(): void;
}

/** @param story receives the lines; null to record no story */
export function createScene(
  random: Random,
  scheduler: Scheduler,
  faultRates: FaultRates,
  story: StoryLine[] | null,
): Scene {
  const violations: Violation[] = [];
  const scene: Scene = {
    random,
    scheduler,
    faultRates,
    violations,
    lastArrival: 0,
    isMetered: false,
    isCalm: false,
    narrate(who, what) {
      story?.push({ at: scheduler.now() - START, who, what: what() });
    },
    violate(rule, detail) {
      violations.push({ rule, detail });
      scene.narrate("VIOLATED", () => `${rule}: ${detail}`);
    },
    calmDown() {
      scene.isCalm = true;
      Object.assign(faultRates, noFaults());
      scene.narrate("world", () => "no more faults");
    },
  };
  return scene;
}
