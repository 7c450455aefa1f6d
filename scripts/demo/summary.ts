import { say } from "./world.ts";
import type { Outcome } from "./world.ts";

interface Part {
  readonly substrate: string;
  /** Null if nothing could be launched. */
  readonly outcome: Outcome | null;
}

/** Prints the outcome for each substrate, and the totals. Returns the number of machines left. */
export function printSummary(parts: readonly Part[]): number {
  const used = parts.flatMap(({ outcome }) => outcome ?? []);
  const launches = used.reduce((sum, outcome) => sum + outcome.launches, 0);
  const machinesLeft = used.reduce((sum, outcome) => sum + outcome.machinesLeft, 0);
  say(`Done: ${used.length} substrates, ${launches} launches, machines left: ${machinesLeft}`);
  for (const { substrate, outcome } of parts)
    console.log(`#   ${substrate}: ${outcome === null ? "no engine" : wordsOf(outcome)}`);
  return machinesLeft;
}

function wordsOf({ launches, machinesLeft }: Outcome): string {
  return `${launches} ${launches === 1 ? "launch" : "launches"}, machines left: ${machinesLeft}`;
}
