import type { Instance, RunInstancesCommandOutput } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { launchInstances } from "../../../../../adapters/aws/launch/launch.ts";
import { createRecentMachines } from "../../../../../adapters/aws/machines/recent-machines.ts";
import { refusal } from "../../../../support/aws-refusals.ts";
import { EC2_ACCOUNT, ec2Launch, ec2Plan, summary } from "../../../../support/ec2-launch.ts";

const PLAN = ec2Plan({
  images: { x86_64: "ami-0123456789abcdef0", arm64: "ami-0123456789abcdef1" },
  subnets: { "us-east-1a": "subnet-0123456789abcdef0" },
  securityGroupId: "sg-0123456789abcdef0",
});

function instance(index: number | undefined, id = `i-${index ?? "x"}`): Instance {
  return {
    InstanceId: id,
    State: { Name: "pending" },
    ...(index === undefined ? {} : { AmiLaunchIndex: index }),
  };
}

/** The outcomes of a launch of two machines (or as many as given), given this reply from EC2. */
async function launchAnswered(
  reply: Omit<RunInstancesCommandOutput, "$metadata"> | Error,
  count = 2,
) {
  const recent = createRecentMachines(() => 0);
  const launch = ec2Launch(PLAN, "batch", { count });
  const api = {
    region: "us-east-1",
    runInstances: () =>
      reply instanceof Error ? Promise.reject(reply) : Promise.resolve({ ...reply, $metadata: {} }),
    describeInstances: () => Promise.reject(new Error("DescribeInstances was called")),
  };
  const ports = { api, recent, now: () => 0, account: () => Promise.resolve(EC2_ACCOUNT) };
  const outcomes = await launchInstances(ports, launch, new AbortController().signal);
  return { launch, outcomes, recent };
}

describe("launchInstances", () => {
  const LOST = "unknown CLOUD_UNAVAILABLE same-token";

  it.each([
    ["no machines", {}],
    ["an empty list", { Instances: [] }],
    ["a machine without an id", { Instances: [{ AmiLaunchIndex: 0 }] }],
    ["a machine without a launch index", { Instances: [instance(0), instance(undefined)] }],
    ["two machines of one launch index", { Instances: [instance(0), instance(0, "i-other")] }],
    ["a launch index beyond the launch", { Instances: [instance(0), instance(2)] }],
    ["a negative launch index", { Instances: [instance(-1), instance(0)] }],
  ])("reports an unknown outcome if the answer has %s", async (_what, reply) => {
    const { outcomes, recent } = await launchAnswered(reply);
    expect(summary(outcomes)).toEqual([LOST, LOST]);
    expect(recent.ofOwner("ledger-1")).toEqual([]);
  });

  it("assigns machines to members by launch index, whatever their order", async () => {
    const { outcomes } = await launchAnswered({ Instances: [instance(1), instance(0)] });
    expect(summary(outcomes)).toEqual(["i-0", "i-1"]);
  });

  it("knows the ownership of its machines even if the answer leaves out their tags", async () => {
    const { outcomes, launch, recent } = await launchAnswered({ Instances: [instance(0)] });
    expect(outcomes).toMatchObject([
      { outcome: "accepted", machine: { ownership: { ...launch.ownership, spawnId: null } } },
      {
        outcome: "rejected",
        error: { blastRadius: "launch", metadata: { accepted: 1, requested: 2 } },
      },
    ]);
    expect(recent.ofOwner("ledger-1").map(({ id }) => id)).toEqual(["i-0"]);
  });

  it.each([
    [
      "MaxSpotInstanceCountExceeded",
      5,
      ["launch", "launch", "launch", "type-in-market", "type-in-market"],
    ],
    ["VcpuLimitExceeded", 2, ["launch", "type-in-market"]],
    ["VcpuLimitExceeded", 1, ["type-in-market"]],
    ["RequestResourceCountExceeded", 2, ["launch", "request"]],
    ["InsufficientFreeAddressesInSubnet", 2, ["launch", "place"]],
    // EC2 launches as many machines as it has capacity for: then there is none.
    ["InsufficientInstanceCapacity", 2, ["type-in-zone", "type-in-zone"]],
    ["InvalidAMIID.NotFound", 2, ["image", "image"]],
  ])(
    "lets half of the members return if fewer may fit: %s, %i members",
    async (code, count, radii) => {
      const { outcomes } = await launchAnswered(refusal(code, 400), count);
      const errors = outcomes.flatMap((one) => (one.outcome === "rejected" ? [one.error] : []));
      expect(errors.map(({ blastRadius }) => blastRadius)).toEqual(radii);
      for (const error of errors) expect(error.message).toContain(`${code}: words of AWS`);
    },
  );
});
