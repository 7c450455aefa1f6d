/** A deterministic random number generator: everything in a simulation follows from its seed. */
export interface Random {
  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number;
  /** True with this probability; draws no number if the probability is 0. */
  chance(probability: number): boolean;
  /** An integer between both bounds, inclusive. */
  between(least: number, most: number): number;
  pick<Item>(items: readonly [Item, ...(readonly Item[])]): Item;
}

/** Mulberry32 on a scrambled seed, so that neighbouring seeds are uncorrelated. */
export function createRandom(seed: number): Random {
  let state = scramble(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    chance: (probability) => probability > 0 && next() < probability,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  };
}

function scramble(seed: number): number {
  let mixed = (seed ^ Math.floor(seed / 4_294_967_296)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return mixed ^ (mixed >>> 16);
}
