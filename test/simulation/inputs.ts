import { canonicalJson } from "../../src/json/canonical-json.ts";
import { parseSpawnInput } from "../../src/ledger/spawn-input.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { SpawnInput } from "../../src/substrate/contract.ts";

/** The input of a spawn, from its name alone, so that every machine shows whose input it has. Every third has none. */
export function inputOfName(name: string): SpawnInput {
  const number = Number(/\d+$/.exec(name)?.[0] ?? "0");
  if (number % 3 === 0) return NO_INPUT;
  // Sorted as the product sorts what callers give: a launch must have the same bytes when it is repeated from the record.
  return parseSpawnInput("the simulation", {
    env: { SPAWN: name },
    labels: number % 2 === 0 ? { parity: "even" } : {},
    input: { name, list: [number, null] },
  });
}

/** An input as text, whatever the order of its keys. */
export function inputText({ env, labels, input }: SpawnInput): string {
  return canonicalJson({ env, labels, input });
}
