import type { Slipway } from "../../../src/slipway/slipway.ts";

/** A substrate on which one workspace is spawned while a fault is at work. */
export interface FaultSubstrate<Rule> extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** Writes the records of a workspace with those places and gives its name. */
  prepare(slipway: Slipway): Promise<string>;
  /** Puts a fault to work on launches in the first place. Gives what ends it. */
  strike(rule: Rule): () => void;
  /** How many launch requests have arrived so far. */
  asked(): number;
  /** Ids of all machines that live there. */
  machines(): Promise<readonly string[]>;
}

export async function recordWorkspace(
  { catalog }: Slipway,
  { image, placement }: { readonly image: object; readonly placement: object },
): Promise<string> {
  await catalog.set("image", { name: "agent", architecture: "ARCHITECTURE_AMD64", ...image });
  await catalog.set("placement", { name: "here", ...placement });
  await catalog.set("workspace", { name: "agent-dev", imageRef: "agent", placement: "here" });
  return "agent-dev";
}
