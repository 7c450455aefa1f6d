/** Text that does not compress. */
export function incompressible(size: number, seed: number): string {
  let state = seed;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCodePoint(33 + ((state >>> 16) % 90));
  }).join("");
}
