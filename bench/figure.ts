import { z } from "zod";

const amount = z.number().or(z.nan());

export const figureSchema = z.object({
  name: z.string(),
  /** Of ours to theirs; null where there is nothing to measure against. */
  ratio: amount.nullable(),
  /** The most that is allowed, or null where it is only reported. */
  target: z.number().nullable(),
  /** Ours, theirs; NaN for what was not measured. */
  medians: z.tuple([amount, amount]).readonly(),
  /** Of the medians; default milliseconds. */
  unit: z.string().exactOptional(),
  /** Calls of a cloud's API, ours and theirs, where there are any. */
  calls: z.tuple([amount, amount]).readonly().exactOptional(),
  runs: z.number(),
  /** Why there is no ratio. */
  missing: z.string().exactOptional(),
});
/** One measured ratio: what Slipway takes against what a user would run instead. */
export type Figure = Readonly<z.infer<typeof figureSchema>>;

export interface Benchmark {
  readonly name: string;
  run(): Promise<readonly Figure[]>;
}

/** What Slipway is measured against is not installed here. */
export class PeerMissing extends Error {
  override readonly name = "PeerMissing";
}

export interface Pairing {
  readonly name: string;
  readonly target: number | null;
  readonly runs: number;
  readonly ours: () => Promise<unknown>;
  readonly theirs: () => Promise<unknown>;
  /** Puts the world back as it was, unmeasured. */
  readonly afterEach?: () => Promise<void>;
  /** Rounds of each that go first, unmeasured. Default 1. */
  readonly warmUps?: number;
}

/**
 * Measures two ways of doing one thing, interleaved, so that whatever else the machine does hurts both alike: the ratio
 * is the median of the pairs'. Some rounds of each go first, unmeasured. Where the other way is not installed, ours is
 * measured alone.
 */
export async function pair(pairing: Pairing): Promise<Figure> {
  const { name, target, runs, ours, theirs, afterEach, warmUps = 1 } = pairing;
  let missing: string | null = null;
  for (let round = 0; round < warmUps; round += 1) {
    await ours();
    missing ??= await missingPeer(theirs);
    await afterEach?.();
  }
  const times: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    // Who goes first alternates: what one leaves behind (a warm cache, garbage) meets both equally often.
    const order = run % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const side of missing === null ? order : ([0] as const)) {
      times[side].push(await time(side === 0 ? ours : theirs));
      await afterEach?.();
    }
  }
  const medians = [median(times[0]), median(times[1])] as const;
  const measured = { name, target, runs, medians };
  if (missing !== null) return { ...measured, ratio: null, missing };
  return { ...measured, ratio: pairedRatio(...times) };
}

/**
 * The median of what each pair of times comes to on its own: where a machine is slower for half of the runs, two medians
 * may be of its two halves.
 */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((time, run) => time / (theirs[run] ?? Number.NaN)));
}

async function missingPeer(theirs: () => Promise<unknown>): Promise<string | null> {
  try {
    await theirs();
    return null;
  } catch (caught) {
    if (caught instanceof PeerMissing) return caught.message;
    throw caught;
  }
}

/** How long the work takes, in milliseconds. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
}
