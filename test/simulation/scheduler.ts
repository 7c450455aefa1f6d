import type { Random } from "./random.ts";

/** Virtual time, and the order of events. */
export interface Scheduler {
  /** Whole milliseconds since the epoch. */
  now(): number;
  /** Number of events so far. */
  readonly steps: number;
  /** Schedules an action; actions with the same due time run in random order. */
  after(milliseconds: number, action: () => void): void;
  /** Runs until `isOver`, until no action is left, or until the maximum number of steps. */
  run(isOver: () => boolean): Promise<"over" | "idle" | "endless">;
}

interface Entry {
  readonly due: number;
  /** Order among actions with the same due time. */
  readonly rank: number;
  readonly action: () => void;
}

export const START = Date.UTC(2026, 0, 1);

export function createScheduler(random: Random, maximumSteps: number): Scheduler {
  const heap: Entry[] = [];
  let now = START;
  let steps = 0;

  const step = (isOver: () => boolean): "over" | "idle" | "endless" | null => {
    if (isOver()) return "over";
    if (steps >= maximumSteps) return "endless";
    const next = pop(heap);
    if (next === undefined) return "idle";
    now = next.due;
    steps += 1;
    next.action();
    return null;
  };

  return {
    now: () => now,
    get steps() {
      return steps;
    },
    after(milliseconds, action) {
      push(heap, { due: now + Math.ceil(milliseconds), rank: random.next(), action });
    },
    run: (isOver) =>
      new Promise((resolve, reject) => {
        // Node drains all microtasks before it continues with the next tick. Everything that a step triggers thus settles
        // before the next step, without a turn of the event loop, which would cost ten times as much.
        const next = (): void => process.nextTick(turn);
        const turn = (): void => {
          try {
            const end = step(isOver);
            if (end === null) queueMicrotask(next);
            else resolve(end);
          } catch (caught) {
            reject(caught);
          }
        };
        process.nextTick(turn);
      }),
  };
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.due < other.due || (one.due === other.due && one.rank < other.rank);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(entry, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    let child = heap[below];
    if (child === undefined) break;
    const right = heap[below + 1];
    if (right !== undefined && isBefore(right, child)) {
      below += 1;
      child = right;
    }
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = last;
  return first;
}
