import { z } from "zod";

const amount = z.number().or(z.nan());

export const figureSchema = z.object({
  name: z.string(),
  /** Ours divided by theirs; null if there is nothing to compare with. */
  ratio: amount.nullable(),
  /** The bound, or null if the figure is only reported. */
  target: z.number().nullable(),
  /** Ours and theirs; NaN if not measured. */
  medians: z.tuple([amount, amount]).readonly(),
  /** Unit of the medians; default milliseconds. */
  unit: z.string().exactOptional(),
  /** Numbers of calls of a cloud's API, ours and theirs, if there are any. */
  calls: z.tuple([amount, amount]).readonly().exactOptional(),
  runs: z.number(),
  /** The reason why there is no ratio. */
  missing: z.string().exactOptional(),
});
/** One measured ratio: Slipway against what a user would otherwise run. */
export type Figure = Readonly<z.infer<typeof figureSchema>>;

/** Whether a figure exceeds its bound. One that was not compared does not. */
export function isExceeded({ ratio, target }: Figure): boolean {
  return ratio !== null && target !== null && !(ratio <= target);
}

export interface Benchmark {
  readonly name: string;
  run(): Promise<readonly Figure[]>;
}

/** The program that Slipway is compared with is not installed. */
export class PeerMissing extends Error {
  override readonly name = "PeerMissing";
}

export interface Pairing {
  readonly name: string;
  readonly target: number | null;
  readonly runs: number;
  readonly ours: () => Promise<unknown>;
  readonly theirs: () => Promise<unknown>;
  /** Restores the state; not measured. */
  readonly afterEach?: () => Promise<void>;
  /** Unmeasured rounds of each side before the measurement. Default 1. */
  readonly warmUps?: number;
}

/**
 * Measures two ways of doing the same thing, interleaved, so that other load on the machine affects both alike. The ratio
 * is the median of the ratios of the pairs. Some unmeasured rounds of each come first. If the other side is not installed,
 * only ours is measured.
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
    // The order alternates, so that the side effects of one (a warm cache, garbage) affect both equally often.
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
 * The median of the ratios of the pairs. If a machine is slower during half of the runs, the medians of the two sides may
 * come from different halves.
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

/** Duration of the work, in milliseconds. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
}
