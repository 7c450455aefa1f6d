import { describe, expect, it } from "vitest";
import { ec2Scene, failures, REGION } from "../support/ec2-resolve.ts";
import { fullSubnet, NO_SUBNET } from "./support/aws-failure.ts";

describe("an unusable place on EC2 is a rejected candidate", () => {
  const [ONE, OTHER] = ["us-east-1a", "us-east-1b"] as const;

  it("while another place offers the type", async () => {
    await using scene = await ec2Scene();
    const { region } = scene;
    region.setOffering("m7i.large", [OTHER]);
    const subnetIds = [region.subnets[ONE] ?? "", region.subnets[OTHER] ?? ""];
    const { checks, report } = await scene.resolve({ target: { subnetIds } });
    expect(failures(checks)).toEqual({});
    expect(report.candidates).toMatchObject([
      { place: ONE, verdict: "rejected", reason: "m7i.large is not offered in us-east-1a" },
      { place: OTHER, verdict: "eligible", reason: null },
    ]);
    // The dry run was repeated at the place that the launch will use.
    expect(checks.find(({ name }) => name === "permission.launch")?.outcome).toBe("passed");
  });

  it("with a warning while another subnet is usable", async () => {
    await using scene = await ec2Scene();
    const { region } = scene;
    const subnetIds = [NO_SUBNET, fullSubnet(region), region.subnets[OTHER] ?? ""];
    const { checks, report } = await scene.resolve({ target: { subnetIds } });
    expect(failures(checks)).toEqual({});
    expect(report.candidates.map(({ verdict }) => verdict)).toEqual([
      "rejected",
      "rejected",
      "eligible",
    ]);
    const warnings = checks.filter(({ outcome }) => outcome === "warning");
    expect(warnings.map(({ reason }) => reason)).toEqual([
      "SUBNET_NOT_FOUND",
      "SUBNET_FULL",
      "PUBLIC_ADDRESS",
    ]);
    const address = warnings.find(({ reason }) => reason === "PUBLIC_ADDRESS");
    expect(address?.message).toContain(`${region.subnets[OTHER]} assigns each machine`);
  });

  it("for each market, in the placement's order", async () => {
    await using scene = await ec2Scene();
    const { report, checks } = await scene.resolve({
      amiIds: { [REGION]: scene.region.images.arm64 },
      architecture: "arm64",
      machineType: "m7g.large",
      markets: ["spot", "on-demand"],
    });
    expect(failures(checks)).toEqual({});
    expect(report.candidates).toMatchObject([
      { place: ONE, market: "spot", verdict: "eligible" },
      { place: ONE, market: "on-demand", verdict: "eligible" },
    ]);
  });
});

describe("a workspace without an environment", () => {
  it.each([
    ["amd64", "x86_64", "m6i.large"],
    ["arm64", "arm64", "m7g.large"],
  ] as const)(
    "gets a small general-purpose %s type from EC2's own answer",
    async (architecture, image, type) => {
      await using scene = await ec2Scene();
      const amiIds = { [REGION]: scene.region.images[image] };
      const { checks, report } = await scene.resolve({
        amiIds,
        architecture,
        machineType: "default",
      });
      expect(failures(checks)).toEqual({});
      expect(report.machineType).toBe(type);
      expect(report.settings).toMatchObject({ instance: { instanceType: type } });
      expect(report.sources["/machine_type"]).toMatch(
        /2 vCPUs and 8 GiB from DescribeInstanceTypes/,
      );
    },
  );

  it("gets a type that the placement's zones offer", async () => {
    await using scene = await ec2Scene();
    scene.region.setOffering("m6i.large", ["us-east-1f"]);
    const { report } = await scene.resolve({ machineType: "default" });
    expect(report.machineType).toBe("m7i.large");
  });
});

describe("the security group", () => {
  it("is the default group of the subnets' VPC if the placement names none", async () => {
    await using scene = await ec2Scene();
    const subnet = scene.region.addSubnet({ zone: "us-east-1c", vpcId: scene.region.addVpc() });
    const { report, checks } = await scene.resolve({ target: { subnetIds: [subnet] } });
    expect(failures(checks)).toEqual({});
    const { instance } = report.settings;
    expect(instance).toMatchObject({ securityGroupIds: [expect.stringMatching(/^sg-/)] });
    expect(instance).not.toMatchObject({ securityGroupIds: [scene.region.securityGroupId] });
  });
});
