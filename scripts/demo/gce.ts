import { startGce } from "../../testing/gce/index.ts";
import { openDemoWorld, say } from "./world.ts";

const PROJECT = "demo-project";
const ZONES = ["us-central1-a", "us-central1-b"] as const;

/** Compute Engine, by the stand-in that `slipway fake gce` runs: no project, nothing to pay for. */
export async function demoGce(): Promise<void> {
  await using gce = await startGce();
  await using world = await openDemoWorld({
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
    CLOUDSDK_AUTH_ACCESS_TOKEN: "demo",
  });
  const { must, set } = world;
  gce.addImage(PROJECT, { name: "agent-v1", family: "agent", architecture: "ARM64" });
  say("Compute Engine, by a local stand-in: an image family, and a place with two zones.");
  await set("image", "agent-base", [
    "architecture: ARCHITECTURE_ARM64",
    "gce:",
    `  self_link: projects/${PROJECT}/global/images/family/agent`,
  ]);
  await set("placement", "iowa", [
    "substrate: GCP",
    "target:",
    "  gcp:",
    `    project: ${PROJECT}`,
    `    zones: [${ZONES.join(", ")}]`,
    "    subnet: default",
  ]);
  await set("workspace", "agent-dev", ["image_ref: agent-base", "placement: iowa"]);

  say("The family means one image now: the plan has that image, and is kept for review.");
  await must(["resolve", "agent-dev", "--save", `${world.folder}/plan.json`]);

  gce.addImage(PROJECT, { name: "agent-v2", family: "agent", architecture: "ARM64" });
  const plan = await world.plan("agent-dev");
  gce.setCapacity({ zone: ZONES[0], machineType: plan.machine_type, machines: 0 });
  say(`The family has moved on to ${plan.artifact.id}, and ${ZONES[0]} has no room left.`);
  say("What was reviewed is what boots, in the other zone.");
  await must(["spawn", "--plan", `${world.folder}/plan.json`, "--id", "demo-gce"]);
  await must(["describe", "demo-gce"]);
  await must(["terminate", "demo-gce"]);
  say("Done: the reviewed image ran, and its machine is gone.");
}
