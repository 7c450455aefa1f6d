import { startEc2 } from "../../testing/ec2/index.ts";
import type { Ec2Region } from "../../testing/ec2/index.ts";
import { openDemoWorld, say } from "./world.ts";

/** EC2, by the stand-in that `slipway fake ec2` runs: no account, nothing to pay for. */
export async function demoEc2(): Promise<void> {
  await using ec2 = await startEc2();
  await using world = await openDemoWorld({
    AWS_ENDPOINT_URL: ec2.url,
    AWS_ACCESS_KEY_ID: "000000000000",
    AWS_SECRET_ACCESS_KEY: "demo",
  });
  const { must, set } = world;
  const virginia = ec2.region("us-east-1");
  const [full = "", roomy = ""] = virginia.zones;
  say("EC2, by a local stand-in: one image that has an AMI in us-east-1 alone, and two places.");
  await set("image", "agent-base", [
    "architecture: ARCHITECTURE_ARM64",
    "aws:",
    "  ami_ids:",
    `    us-east-1: ${virginia.images.arm64}`,
  ]);
  const placements = { virginia, ireland: ec2.region("eu-west-1") };
  for (const [name, region] of Object.entries(placements))
    await set("placement", name, [
      "substrate: AWS",
      "target:",
      "  aws:",
      '    account_id: "000000000000"',
      `    region: ${region.name}`,
      `    subnet_ids: [${subnetsOf(region).join(", ")}]`,
    ]);
  for (const name of Object.keys(placements))
    await set("workspace", `agent-${name}`, ["image_ref: agent-base", `placement: ${name}`]);

  say("An AMI belongs to one region: where there is none, nothing is guessed.");
  await must(["resolve", "agent-ireland"], { code: 3 });
  say("Where there is one, the dry run asks EC2 everything before anything is paid for.");
  await must(["resolve", "agent-virginia", "--save", `${world.folder}/plan.json`]);

  const { machine_type: instanceType } = await world.plan("agent-virginia");
  virginia.setCapacity({ zone: full, instanceType }, 0);
  say(`${full} runs out of ${instanceType}: the spawn goes to ${roomy}, and says why.`);
  await must(["spawn", "--plan", `${world.folder}/plan.json`, "--id", "demo-ec2"]);
  await must(["describe", "demo-ec2"]);
  await must(["terminate", "demo-ec2"]);
  const launches = ec2.requests.filter(
    ({ action, isDryRun }) => action === "RunInstances" && !isDryRun,
  );
  say(`Done: ${launches.length} launch requests, one machine, and it is gone.`);
}

function subnetsOf({ zones, subnets }: Ec2Region): readonly string[] {
  return zones.slice(0, 2).flatMap((zone) => subnets[zone] ?? []);
}
