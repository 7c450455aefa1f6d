/** A flag's name as it is typed: `allowStale` -> `allow-stale`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}
