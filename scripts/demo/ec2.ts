import { startEc2 } from "../../testing/ec2/index.ts";
import type { Ec2Region } from "../../testing/ec2/index.ts";
import { CHECKS, NOTHING, openDemoWorld, PROGRESS, say } from "./world.ts";
import type { Outcome } from "./world.ts";

const ACCOUNT = "000000000000";
const SPAWN_ID = "demo-ec2";

/** EC2, with the fake that `slipway fake ec2` runs: no account, no cost. */
export async function demoEc2(): Promise<Outcome> {
  await using ec2 = await startEc2();
  await using world = await openDemoWorld({
    AWS_ENDPOINT_URL: ec2.url,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: "secret-of-the-demo",
  });
  const { must, set } = world;
  const virginia = ec2.region("us-east-1");
  const [full = "", roomy = ""] = virginia.zones;
  say("EC2, by a local fake: an image with an AMI in us-east-1 only, and two placements.");
  await set("image", {
    name: "agent-base",
    architecture: "ARCHITECTURE_ARM64",
    aws: { ami_ids: { "us-east-1": virginia.images.arm64 } },
  });
  const placements = { virginia, ireland: ec2.region("eu-west-1") };
  for (const [name, region] of Object.entries(placements)) {
    const subnets = subnetsOf(region);
    const aws = { account_id: ACCOUNT, region: region.name, subnet_ids: subnets };
    const target = { aws: { ...aws, assign_public_ip: true } };
    await set("placement", { name, substrate: "AWS", target });
    await set("workspace", { name: `agent-${name}`, image_ref: "agent-base", placement: name });
  }

  say("An AMI belongs to one region. Slipway does not guess one for another region.");
  await must(["resolve", "agent-ireland"], { code: 3 });
  say("In us-east-1 the dry run checks everything with EC2 before anything costs money.");
  const file = `${world.folder}/plan.json`;
  await must(["resolve", "agent-virginia", "--save", file], { lines: CHECKS });

  const { machine_type: instanceType } = await world.plan("agent-virginia");
  virginia.setCapacity({ zone: full, instanceType }, 0);
  say(`${full} runs out of ${instanceType}: the spawn goes to ${roomy}, and records why.`);
  await must(["spawn", "--plan", file, "--id", SPAWN_ID], { lines: PROGRESS });
  await must(["terminate", SPAWN_ID], { lines: NOTHING });
  return await world.outcome(SPAWN_ID);
}

function subnetsOf({ zones, subnets }: Ec2Region): readonly string[] {
  return zones.slice(0, 2).flatMap((zone) => subnets[zone] ?? []);
}
