import type { SeedResult } from "./simulate.ts";

/** Lines per page. */
const PAGE = 70;

/** A failing seed on one page: the broken guarantee, and the events that led to it, in order. */
export function storyPage({ seed, ledger, violations, story, steps }: SeedResult): string {
  const named = violations.map(({ rule, detail }) => `  ${rule}: ${detail}`);
  const lines = story.map(
    ({ at, who, what }) => `${(at / 1_000).toFixed(3).padStart(9)}  ${who.padEnd(9)} ${what}`,
  );
  const left = lines.length - PAGE;
  const page = left > 0 ? [`           (${left} earlier lines)`, ...lines.slice(left)] : lines;
  const heading = `seed ${seed}, ${ledger} ledger, ${steps} steps`;
  return [heading, ...named, "", ...page].join("\n");
}
