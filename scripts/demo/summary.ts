import { say } from "./world.ts";
import type { Outcome } from "./world.ts";

interface Part {
  readonly substrate: string;
  /** Null where nothing could be launched. */
  readonly outcome: Outcome | null;
}

/** Prints what each substrate came to, and the sums. Returns how many machines are left. */
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
