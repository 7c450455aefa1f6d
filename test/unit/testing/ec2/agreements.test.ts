import { DescribeImagesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

const ACCOUNT = "000000000000";
const SPOT = { InstanceMarketOptions: { MarketType: "spot" } } as const;
const HERE = { Placement: { AvailabilityZone: "us-east-1a" } } as const;

async function run(it: Subject, change: object = {}): Promise<unknown> {
  return await it.client.send(new RunInstancesCommand({ ...launchOf(it.region), ...change }));
}

describe("an account without the role of the spot market", () => {
  it("gets it with its first spot request", async () => {
    await using it = await subject();
    it.ec2.account().removeSpotRole();
    await run(it, SPOT);
    it.ec2.deny("iam:CreateServiceLinkedRole", ACCOUNT);
    await run(it, SPOT);
    expect(it.region.instances().map(({ market }) => market)).toEqual(["spot", "spot"]);
  });

  it("is refused spot machines, and only those, if the caller may not create the role", async () => {
    await using it = await subject();
    it.ec2.account().removeSpotRole();
    it.ec2.deny("iam:CreateServiceLinkedRole", ACCOUNT);
    expect(await refusal(run(it, SPOT))).toMatchObject({
      code: "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
      status: 403,
    });
    await run(it);
    expect(it.region.instances()).toHaveLength(1);
  });
});

describe("a spot price", () => {
  const POOL = { instanceType: "t3.micro", zone: "us-east-1a" };

  it.each([
    [{ price: 0.02, onDemandPrice: 0.01 }, undefined, "SpotMaxPriceTooLow"],
    [{ price: 0.009, onDemandPrice: 0.01 }, undefined, null],
    [{ price: 0.009, onDemandPrice: 0.01 }, "0.001", "SpotMaxPriceTooLow"],
  ])("of %o with the maximum %s is answered with %s", async (prices, maximum, code) => {
    await using it = await subject();
    it.region.setSpotPrice(POOL, prices);
    const options = { ...SPOT.InstanceMarketOptions, SpotOptions: { MaxPrice: maximum } };
    const spot = { ...HERE, InstanceMarketOptions: options };
    const launched = run(it, spot).then(() => null);
    expect(await (code === null ? launched : codeOf(launched))).toBe(code);
    await run(it, HERE);
    it.region.setSpotPrice(POOL, null);
    await run(it, spot);
  });
});

describe("a maximum price of the spot market", () => {
  it.each([
    ["0.001", null],
    ["0.0009", "InvalidParameterValue"],
    ["cheap", "InvalidParameterValue"],
    ["-1", "InvalidParameterValue"],
  ])("of %s is answered with %s, also in a dry run", async (maximum, code) => {
    await using it = await subject();
    const options = { ...SPOT.InstanceMarketOptions, SpotOptions: { MaxPrice: maximum } };
    const tried = run(it, { ...HERE, InstanceMarketOptions: options, DryRun: true });
    expect(await codeOf(tried)).toBe(code ?? "DryRunOperation");
  });
});

describe("a Marketplace product", () => {
  it("is launched only after its terms were accepted, also in a dry run", async () => {
    await using it = await subject();
    const ImageId = it.region.addImage({
      owner: "679593333241",
      isPublic: true,
      productCodes: ["abc"],
    });
    for (const DryRun of [true, false])
      expect(await refusal(run(it, { ImageId, DryRun }))).toMatchObject({
        code: "OptInRequired",
        status: 401,
        message: expect.stringContaining("https://aws.amazon.com/marketplace/pp?sku=abc"),
      });
    it.ec2.account().subscribe("abc");
    await run(it, { ImageId });
    const { Images } = await it.client.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    expect(Images?.[0]?.ProductCodes).toMatchObject([{ ProductCodeId: "abc" }]);
  });
});

describe("a new instance profile", () => {
  const ARN = `arn:aws:iam::${ACCOUNT}:instance-profile/agents`;

  it("is not known to EC2 at first, then has no role, in dry runs as well", async () => {
    await using it = await subject();
    const now = it.clock.now();
    it.ec2.account().addInstanceProfile(ARN, { knownAt: now + 5_000, roleAt: now + 9_000 });
    const profile = { IamInstanceProfile: { Arn: ARN } };
    const words = async () => [
      (await refusal(run(it, profile)))?.message,
      (await refusal(run(it, { ...profile, DryRun: true })))?.message,
    ];
    for (const message of await words())
      expect(message).toMatch(/Invalid IAM Instance Profile ARN$/);
    await it.clock.advance(5_000);
    for (const message of await words())
      expect(message).toBe(`IAM Instance Profile "${ARN}" has no associated IAM Roles`);
    await it.clock.advance(4_000);
    await run(it, profile);
    expect(it.region.instances()).toHaveLength(1);
  });
});
