/** Between 0 and 1. */
export function systemChance(): number {
  return Math.random();
}
