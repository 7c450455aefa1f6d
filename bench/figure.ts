/** One measured ratio: what Slipway takes against what a user would run instead. */
export interface Figure {
  readonly name: string;
  /** First median / second median. */
  readonly ratio: number;
  /** The most that is allowed, or null where it is only reported. */
  readonly target: number | null;
  /** Ours, theirs. */
  readonly medians: readonly [number, number];
  /** Of the medians; default milliseconds. */
  readonly unit?: string;
  readonly runs: number;
}

export interface Benchmark {
  readonly name: string;
  run(): Promise<readonly Figure[]>;
}

export interface Pairing {
  readonly name: string;
  readonly target: number | null;
  readonly runs: number;
  readonly ours: () => Promise<unknown>;
  readonly theirs: () => Promise<unknown>;
  /** Puts the world back as it was, unmeasured. */
  readonly afterEach?: () => Promise<void>;
}

/**
 * Measures two ways of doing one thing, interleaved, so that whatever else the machine does hurts both alike. One
 * round of each goes first, unmeasured.
 */
export async function pair(pairing: Pairing): Promise<Figure> {
  const { name, target, runs, ours, theirs, afterEach } = pairing;
  await ours();
  await theirs();
  await afterEach?.();
  const times: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    // Who goes first alternates: what one leaves behind (a warm cache, garbage) meets both equally often.
    const order = run % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const side of order) {
      times[side].push(await time(side === 0 ? ours : theirs));
      await afterEach?.();
    }
  }
  const medians = [median(times[0]), median(times[1])] as const;
  return { name, target, runs, medians, ratio: medians[0] / medians[1] };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
}
