import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { startEc2 } from "../../../../testing/ec2/index.ts";
import { codeOf, launchOf, subject } from "./support.ts";

async function inFolder(body: (stateFile: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-ec2-"));
  try {
    await body(join(folder, "state.json"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("a state file", () => {
  it("restores spot prices, the spot role, agreements, key pairs and profiles", async () => {
    await inFolder(async (stateFile) => {
      const profile = "arn:aws:iam::000000000000:instance-profile/agents";
      let product = "";
      {
        await using first = await subject({ stateFile });
        const { region, ec2, clock } = first;
        product = region.addImage({ owner: "679593333241", isPublic: true, productCodes: ["abc"] });
        region.setSpotPrice(
          { instanceType: "t3.micro", zone: "us-east-1b" },
          { price: 2, onDemandPrice: 1 },
        );
        region.addKeyPair("ops");
        const account = ec2.account();
        account.subscribe("abc");
        const never = clock.now() + 3_600_000;
        account.addInstanceProfile(profile, { knownAt: never, roleAt: never });
        ec2.account("111111111111").removeSpotRole();
        ec2.deny("iam:CreateServiceLinkedRole", "111111111111");
      }
      await using second = await subject({ stateFile, rates: "off" });
      const run = (change: object, client = second.client) =>
        client.send(new RunInstancesCommand({ ...launchOf(second.region), ...change }));
      const spot = { InstanceMarketOptions: { MarketType: "spot" } };
      const there = { ...spot, Placement: { AvailabilityZone: "us-east-1b" } };
      await run({ ImageId: product, KeyName: "ops" });
      expect(await codeOf(run(there))).toBe("SpotMaxPriceTooLow");
      expect(await codeOf(run({ IamInstanceProfile: { Arn: profile } }))).toBe(
        "InvalidParameterValue",
      );
      const other = second.clientFor({ accessKeyId: "111111111111" });
      const noGroups = { SecurityGroupIds: undefined, SubnetId: undefined };
      expect(await codeOf(run({ ...spot, ...noGroups }, other))).toBe(
        "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
      );
    });
  });

  it("restores the state of the previous fake", async () => {
    await inFolder(async (stateFile) => {
      const launch = { ClientToken: "token", MinCount: 2, MaxCount: 2 };
      let image = "";
      let ids: readonly string[] = [];
      let key = { accessKeyId: "", sessionToken: "" };
      {
        await using first = await subject({ stateFile });
        const { region } = first;
        image = region.addImage({ name: "kept" });
        region.setCapacity({ instanceType: "t3.micro", zone: "us-east-1a" }, 2);
        region.setQuota(4);
        region.setOffering("t3.small", []);
        first.ec2.deny("ec2:CreateTags");
        const reply = await first.client.send(
          new RunInstancesCommand({ ...launchOf(region), ...launch, ImageId: image }),
        );
        ids = reply.Instances?.map(({ InstanceId }) => InstanceId ?? "") ?? [];
        const role = { RoleArn: "arn:aws:iam::123456789012:role/x", RoleSessionName: "test" };
        const { Credentials } = await first.stsFor({}).send(new AssumeRoleCommand(role));
        key = {
          accessKeyId: Credentials?.AccessKeyId ?? "",
          sessionToken: Credentials?.SessionToken ?? "",
        };
      }
      await using second = await subject({ stateFile, seed: "another" });
      const { client, region } = second;
      const run = (change: object) =>
        client.send(new RunInstancesCommand({ ...launchOf(region), ...change }));
      const found = await client.send(new DescribeInstancesCommand({ InstanceIds: [...ids] }));
      expect(found.Reservations?.[0]?.Instances).toHaveLength(2);
      const again = await run({ ...launch, ImageId: image });
      expect(again.Instances?.map(({ InstanceId }) => InstanceId)).toEqual(ids);
      expect(await codeOf(run({ ...launch, InstanceType: "m7i.large" }))).toBe(
        "IdempotentParameterMismatch",
      );
      expect(await codeOf(run({}))).toBe("VcpuLimitExceeded");
      region.setQuota(null);
      const there = { Placement: { AvailabilityZone: "us-east-1a" } };
      expect(await codeOf(run(there))).toBe("InsufficientInstanceCapacity");
      expect(await codeOf(run({ InstanceType: "t3.small" }))).toBe("Unsupported");
      const tag = new CreateTagsCommand({ Resources: [...ids], Tags: [{ Key: "a", Value: "" }] });
      expect(await codeOf(client.send(tag))).toBe("UnauthorizedOperation");
      const identity = await second.stsFor(key).send(new GetCallerIdentityCommand({}));
      expect(identity.Account).toBe("123456789012");
      await client.send(new TerminateInstancesCommand({ InstanceIds: [...ids] }));
    });
  });

  it("contains a launch before its reply is sent", async () => {
    await inFolder(async (stateFile) => {
      await using it = await subject({ stateFile });
      it.ec2.fault({ kind: "lost-reply" });
      await codeOf(it.client.send(new RunInstancesCommand(launchOf(it.region))));
      expect(await readFile(stateFile, "utf8")).toContain(it.region.instances()[0]?.id);
    });
  });

  it.each(["", "{", "[]", '{"version":2}'])(
    "with invalid content is rejected: %j",
    async (text) => {
      await inFolder(async (stateFile) => {
        await writeFile(stateFile, text);
        await expect(startEc2({ stateFile })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
        expect(await readFile(stateFile, "utf8")).toBe(text);
      });
    },
  );
});
