import { describe, expect, it } from "vitest";
import type { Candidate } from "../../src/plan/plan.ts";
import {
  EC2_ACCOUNT,
  candidate,
  ec2Launch,
  ec2Plan,
  ec2World,
  summary,
} from "../support/ec2-launch.ts";
import type { Ec2World } from "../support/ec2-launch.ts";
import { ec2Scene, failures } from "../support/ec2-resolve.ts";

const { signal } = new AbortController();
const PROFILE = `arn:aws:iam::${EC2_ACCOUNT}:instance-profile/agents`;

async function launchOn(world: Ec2World, market: NonNullable<Candidate["market"]>) {
  const plan = ec2Plan(world.region, {
    plan: { candidates: [candidate(world.region.subnets["us-east-1a"] ?? "", { market })] },
  });
  return summary(await world.adapter.launch(ec2Launch(plan, market), signal))[0];
}

describe("a spot launch on EC2", () => {
  it("in an account without the spot role is refused for its market", async () => {
    await using world = await ec2World();
    world.ec2.account(EC2_ACCOUNT).removeSpotRole();
    world.ec2.deny("iam:CreateServiceLinkedRole", EC2_ACCOUNT);
    expect(await launchOn(world, "spot")).toBe("rejected SPOT_ROLE_MISSING next-candidate");
    expect(await launchOn(world, "on-demand")).toMatch(/^i-/);
  });

  it("creates the spot role with the launcher's permissions", async () => {
    await using world = await ec2World();
    world.ec2.account(EC2_ACCOUNT).removeSpotRole();
    expect(await launchOn(world, "spot")).toMatch(/^i-/);
  });

  it("above the on-demand price leaves other zones and on-demand machines", async () => {
    await using world = await ec2World();
    const pool = { instanceType: "t3.micro", zone: "us-east-1a" };
    world.region.setSpotPrice(pool, { price: 0.02, onDemandPrice: 0.01 });
    expect(await launchOn(world, "spot")).toBe("rejected INSUFFICIENT_CAPACITY next-candidate");
    expect(await launchOn(world, "on-demand")).toMatch(/^i-/);
  });
});

describe("resolving on EC2", () => {
  it("names the address of a Marketplace product's terms, until they are accepted", async () => {
    await using scene = await ec2Scene();
    const options = { owner: "679593333241", isPublic: true, productCodes: ["abc123"] };
    const amiIds = { "us-east-1": scene.region.addImage(options) };
    const { checks } = await scene.resolve({ amiIds });
    expect(failures(checks)).toEqual({ "permission.launch": "IMAGE_TERMS_NOT_ACCEPTED" });
    expect(checks.find(({ name }) => name === "permission.launch")).toMatchObject({
      blastRadius: "image",
      remedy: expect.stringContaining("https://aws.amazon.com/marketplace/pp?sku=abc123"),
    });
    scene.ec2.account(EC2_ACCOUNT).subscribe("abc123");
    expect(failures((await scene.resolve({ amiIds })).checks)).toEqual({});
  });

  it("waits for an instance profile and for its role", async () => {
    await using scene = await ec2Scene();
    const now = scene.clock.now();
    const times = { knownAt: now + 5_000, roleAt: now + 12_000 };
    scene.ec2.account(EC2_ACCOUNT).addInstanceProfile(PROFILE, times);
    const { checks } = await scene.resolve({ target: { instanceProfileArn: PROFILE } });
    expect(failures(checks)).toEqual({});
    expect(scene.clock.now() - now).toBe(15_000);
  });
});
