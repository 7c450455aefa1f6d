import type { Slipway } from "../../../src/slipway/slipway.ts";

/** A substrate on which one workspace is spawned while a fault is active. */
export interface FaultSubstrate<Rule> extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** Writes the records of a workspace with those places and returns its name. */
  prepare(slipway: Slipway): Promise<string>;
  /** Injects a fault into launches in the first place. Returns a function that ends it. */
  inject(rule: Rule): () => void;
  /** Number of launch requests so far. */
  launchRequests(): number;
  /** Ids of all live machines. */
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
