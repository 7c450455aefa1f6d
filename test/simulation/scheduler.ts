import type { Random } from "./random.ts";

/** Virtual time, and the order in which things happen. */
export interface Scheduler {
  /** Milliseconds since the epoch, whole. */
  now(): number;
  /** Events done so far. */
  readonly steps: number;
  /** Does something after so many milliseconds; things of one moment come in any order. */
  after(milliseconds: number, action: () => void): void;
  /** Lets things happen until it is over, nothing is left to happen, or too much has happened. */
  run(isOver: () => boolean): Promise<"over" | "idle" | "endless">;
}

interface Entry {
  readonly due: number;
  /** Decides between those of one moment. */
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
        // Node works off every microtask before it looks for ticks again: what a step sets free has all come to rest
        // before the next one, without a turn of the event loop, which would cost ten times as much.
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
