import { startGce } from "../../testing/gce/index.ts";
import { CHECKS, NOTHING, openDemoWorld, PROGRESS, say } from "./world.ts";
import type { Outcome } from "./world.ts";

const PROJECT = "demo-project";
const ZONES = ["us-central1-a", "us-central1-b"] as const;
const SPAWN_ID = "demo-gce";

/** Compute Engine, with the fake that `slipway fake gce` runs: no project, no cost. */
export async function demoGce(): Promise<Outcome> {
  await using gce = await startGce();
  await using world = await openDemoWorld({
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
    CLOUDSDK_AUTH_ACCESS_TOKEN: "token-of-the-demo",
  });
  const { must, set } = world;
  gce.addImage(PROJECT, { name: "agent-v1", family: "agent", architecture: "ARM64" });
  say("Compute Engine, by a local fake: an image family, and a placement with two zones.");
  await set("image", {
    name: "agent-base",
    architecture: "ARCHITECTURE_ARM64",
    gce: { self_link: `projects/${PROJECT}/global/images/family/agent` },
  });
  const target = { gcp: { project: PROJECT, zones: ZONES, subnet: "default" } };
  await set("placement", { name: "iowa", substrate: "GCP", target });
  await set("workspace", { name: "agent-dev", image_ref: "agent-base", placement: "iowa" });

  say("The family resolves to one image. The plan contains that image, and is saved for review.");
  const file = `${world.folder}/plan.json`;
  await must(["resolve", "agent-dev", "--save", file], { lines: CHECKS });

  gce.addImage(PROJECT, { name: "agent-v2", family: "agent", architecture: "ARM64" });
  const plan = await world.plan("agent-dev");
  gce.setCapacity({ zone: ZONES[0], machineType: plan.machine_type, machines: 0 });
  say(
    `The family now resolves to ${plan.artifact.id}, and ${ZONES[0]} is full: agent-v1 boots elsewhere.`,
  );
  await must(["spawn", "--plan", file, "--id", SPAWN_ID], { lines: PROGRESS });
  await must(["terminate", SPAWN_ID], { lines: NOTHING });
  return await world.outcome(SPAWN_ID);
}
