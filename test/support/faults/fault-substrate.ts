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
  {
    image,
    placement,
    machineType = null,
    userData,
  }: {
    readonly image: object;
    readonly placement: { readonly substrate: string; readonly target: object };
    /** The `spec` of a machine type of two vCPUs and 8 GiB. Default: the workspace names no environment. */
    readonly machineType?: object | null;
    readonly userData?: string;
  },
): Promise<string> {
  await catalog.setDocument("image", {
    name: "agent",
    architecture: "ARCHITECTURE_AMD64",
    ...image,
  });
  await catalog.setDocument("placement", { name: "here", ...placement });
  const workspace = {
    name: "agent-dev",
    imageRef: "agent",
    placement: "here",
    ...(userData === undefined ? {} : { userData }),
  };
  if (machineType === null) {
    await catalog.set("workspace", workspace);
    return "agent-dev";
  }
  const shape = { vcpus: 2, memoryGb: 8, architecture: "ARCHITECTURE_AMD64" };
  await catalog.setDocument("machine-type", { name: "types", ...shape, spec: machineType });
  const { substrate } = placement;
  await catalog.setDocument("environment", { name: "sized", substrate, machineTypeRef: "types" });
  await catalog.set("workspace", { ...workspace, environmentRef: "sized" });
  return "agent-dev";
}
