import { createSlipway } from "../src/index.ts";
import type { SlipwayOptions, Spawn } from "../src/index.ts";

/** Writes the records, checks the plan without launching, and launches one machine. */
export async function launchAgent(options: SlipwayOptions): Promise<Spawn> {
  await using slipway = await createSlipway(options);
  const { catalog } = slipway;
  await catalog.set("image", {
    name: "agent-base",
    architecture: "ARCHITECTURE_AMD64",
    docker: { imageRef: "ghcr.io/acme/agent:v1" },
  });
  await catalog.set("placement", {
    name: "this-machine",
    substrate: "DOCKER",
    target: { docker: {} },
  });
  await catalog.set("workspace", {
    name: "agent-dev",
    imageRef: "agent-base",
    placement: "this-machine",
  });

  const plan = await slipway.resolveWorkspace("agent-dev");
  const spawn = await slipway.spawnWorkspace(plan, {
    spawnId: "agent-1",
    signal: AbortSignal.timeout(60_000),
  });
  if (spawn.state === "failed") throw new Error(JSON.stringify(spawn.error));
  return spawn;
}
