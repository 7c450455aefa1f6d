import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { codeOf, launchOf, refusal, subject } from "./support.ts";

describe("a dry run", () => {
  it("changes nothing and reports success as an error", async () => {
    await using it = await subject();
    const launch = new RunInstancesCommand({ ...launchOf(it.region), DryRun: true });
    expect(await refusal(it.client.send(launch))).toEqual({
      code: "DryRunOperation",
      status: 412,
      message: "Request would have succeeded, but DryRun flag is set.",
    });
    expect(it.region.instances()).toEqual([]);
    expect(it.ec2.requests[0]).toMatchObject({ isDryRun: true, code: "DryRunOperation" });
  });

  it("works for every call", async () => {
    await using it = await subject();
    expect(await codeOf(it.client.send(new DescribeInstancesCommand({ DryRun: true })))).toBe(
      "DryRunOperation",
    );
    const reply = await it.client.send(new RunInstancesCommand(launchOf(it.region)));
    const InstanceIds = [reply.Instances?.[0]?.InstanceId ?? ""];
    const end = new TerminateInstancesCommand({ InstanceIds, DryRun: true });
    expect(await codeOf(it.client.send(end))).toBe("DryRunOperation");
    const tag = new CreateTagsCommand({
      Resources: InstanceIds,
      Tags: [{ Key: "a", Value: "b" }],
      DryRun: true,
    });
    expect(await codeOf(it.client.send(tag))).toBe("DryRunOperation");
    expect(it.region.instances()).toMatchObject([{ state: "pending", tags: {} }]);
  });

  it("finds errors in the request, but does not check capacity", async () => {
    await using it = await subject();
    const launch = { ...launchOf(it.region), DryRun: true };
    const wrong = new RunInstancesCommand({ ...launch, ImageId: "ami-00000000000000000" });
    expect(await codeOf(it.client.send(wrong))).toBe("InvalidAMIID.NotFound");
    for (const zone of it.region.zones)
      it.region.setCapacity({ instanceType: "t3.micro", zone }, 0);
    it.region.setQuota(0);
    expect(await codeOf(it.client.send(new RunInstancesCommand(launch)))).toBe("DryRunOperation");
  });
});

describe("a denied permission", () => {
  const tagged = {
    TagSpecifications: [{ ResourceType: "instance" as const, Tags: [{ Key: "a", Value: "b" }] }],
  };
  it.each([
    ["ec2:RunInstances", {}],
    ["ec2:CreateTags", tagged],
    ["iam:PassRole", { IamInstanceProfile: { Name: "worker" } }],
  ])(
    "%s rejects the launch and its dry run, and is named in the message",
    async (action, change) => {
      await using it = await subject();
      it.ec2.deny(action);
      for (const DryRun of [true, false]) {
        const launch = new RunInstancesCommand({ ...launchOf(it.region), ...change, DryRun });
        const refused = await refusal(it.client.send(launch));
        expect(refused).toMatchObject({ code: "UnauthorizedOperation", status: 403 });
        expect(refused?.message).toContain(`is not authorized to perform: ${action} on resource`);
        expect(refused?.message).toMatch(/Encoded authorization failure message: [\w-]{40,}$/);
      }
      expect(it.region.instances()).toEqual([]);
      it.ec2.allow(action);
      const launch = new RunInstancesCommand({ ...launchOf(it.region), ...change });
      expect(await refusal(it.client.send(launch))).toBeNull();
    },
  );

  it("is not needed for a call that does not use it", async () => {
    await using it = await subject();
    it.ec2.deny("ec2:CreateTags");
    it.ec2.deny("iam:PassRole");
    it.ec2.deny("ec2:RunInstances", "123456789012");
    expect(await refusal(it.client.send(new RunInstancesCommand(launchOf(it.region))))).toBeNull();
  });
});
