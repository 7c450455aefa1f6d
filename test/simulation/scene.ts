import { calmMood } from "./mood.ts";
import type { Mood } from "./mood.ts";
import type { Random } from "./random.ts";
import { START } from "./scheduler.ts";
import type { Scheduler } from "./scheduler.ts";

/** A promise that was broken. */
export interface Violation {
  /** The promise, in a few words. */
  readonly rule: string;
  readonly detail: string;
}

/** One line of a seed's story. */
export interface Line {
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

/** What everything in one simulation shares. */
export interface Scene {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly mood: Mood;
  readonly violations: Violation[];
  /** When the last request that is under way arrives. */
  lastArrival: number;
  /** True where clouds count the calls that arrive, and nothing happens that calls cannot be paced for. */
  isMetered: boolean;
  /** True once no more trouble is made. */
  isCalm: boolean;
  /** Adds to the story where it is written; the words are made only then. */
  tell(who: string, what: () => string): void;
  violate(rule: string, detail: string): void;
  calmDown(): void;
}

/** @param story where the story goes; null for a seed of which only the end is of interest */
export function createScene(
  random: Random,
  scheduler: Scheduler,
  mood: Mood,
  story: Line[] | null,
): Scene {
  const violations: Violation[] = [];
  const scene: Scene = {
    random,
    scheduler,
    mood,
    violations,
    lastArrival: 0,
    isMetered: false,
    isCalm: false,
    tell(who, what) {
      story?.push({ at: scheduler.now() - START, who, what: what() });
    },
    violate(rule, detail) {
      violations.push({ rule, detail });
      scene.tell("VIOLATED", () => `${rule}: ${detail}`);
    },
    calmDown() {
      scene.isCalm = true;
      Object.assign(mood, calmMood());
      scene.tell("world", () => "is calm from now on");
    },
  };
  return scene;
}
