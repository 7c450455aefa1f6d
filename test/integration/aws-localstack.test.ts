import { randomUUID } from "node:crypto";
import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
} from "@aws-sdk/client-ec2";
import type { Instance } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { ec2Cli, PLACEMENT_TAGS, setWorkspaceRecords, USER_DATA } from "../cli/support/ec2-cli.ts";
import { bootTable } from "../support/boot-table.ts";
import { describeWithLocalStack } from "../support/localstack.ts";
import { endpoint } from "./support/ec2-endpoints.ts";
import type { Endpoint } from "./support/ec2-endpoints.ts";

const resolved = z.object({
  plan_id: z.string(),
  machine_type: z.string(),
  artifact: z.object({ id: z.string() }),
  candidates: z.array(z.object({ place: z.string(), subnet: z.string(), verdict: z.string() })),
  checks: z.array(z.object({ outcome: z.string() })),
});
const spawned = z.object({
  state: z.string(),
  plan_id: z.string(),
  machine: z.object({ id: z.string(), place: z.string(), architecture: z.string() }),
});

describeWithLocalStack("the command line on LocalStack", (url) => {
  let cloud: Endpoint;
  beforeAll(async () => {
    cloud = await endpoint(url);
  });
  afterAll(() => cloud[Symbol.dispose]());

  const instanceOf = async (id: string): Promise<Instance | undefined> => {
    const reply = await cloud.client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    return reply.Reservations?.[0]?.Instances?.[0];
  };

  it(
    "launches, describes and terminates the instance that the plan describes",
    { timeout: 120_000 },
    async () => {
      const place = { ...cloud, subnetIds: [cloud.subnetId] };
      using cli = ec2Cli(url, place);
      await setWorkspaceRecords(cli, place);
      const plan = resolved.parse(await cli.json(["resolve", "agent-dev"]));
      expect(plan.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
      expect(plan).toMatchObject({
        machine_type: "t3.micro",
        artifact: { id: cloud.imageId },
        candidates: [{ place: cloud.zone, subnet: cloud.subnetId, verdict: "eligible" }],
      });

      const id = `spawn-${randomUUID()}`;
      const spawn = spawned.parse(await cli.json(["spawn", "agent-dev", "--id", id]));
      expect(spawn).toMatchObject({
        state: "running",
        plan_id: plan.plan_id,
        machine: { place: cloud.zone, architecture: "amd64" },
      });
      const machineId = spawn.machine.id;
      await expectOfPlan(cloud, await instanceOf(machineId), { plan, spawnId: id });

      expect(await cli.run(["logs", id])).toContain("Linux version");
      expect(spawned.parse(await cli.json(["spawn", "agent-dev", "--id", id]))).toEqual(spawn);
      expect(await cli.json(["terminate", id])).toMatchObject({ state: "terminated" });
      expect(["shutting-down", "terminated"]).toContain((await instanceOf(machineId))?.State?.Name);
      expect(await cli.json(["describe", id])).toMatchObject({ state: "terminated" });
    },
  );
});

/** Expects the image, type, subnet, group, tags, volume and user data of the plan. */
async function expectOfPlan(
  { client, ...cloud }: Endpoint,
  instance: Instance | undefined,
  { plan, spawnId }: { readonly plan: z.infer<typeof resolved>; readonly spawnId: string },
): Promise<void> {
  expect(instance).toMatchObject({
    ImageId: cloud.imageId,
    InstanceType: "t3.micro",
    SubnetId: cloud.subnetId,
    SecurityGroups: [{ GroupId: cloud.groupId }],
    AmiLaunchIndex: 0,
  });
  const tags = new Map([
    ...Object.entries(PLACEMENT_TAGS),
    ["slipway:tenant", "default"],
    ["slipway:workspace", "agent-dev"],
    ["slipway:spawn", spawnId],
    ["slipway:plan", plan.plan_id],
  ]);
  const { Volumes = [] } = await client.send(
    new DescribeVolumesCommand({
      Filters: [{ Name: "attachment.instance-id", Values: [instance?.InstanceId ?? ""] }],
    }),
  );
  const root = Volumes.find(({ Attachments }) => Attachments?.[0]?.Device === cloud.rootDeviceName);
  expect(root).toMatchObject({ Size: 150, VolumeType: "gp3" });
  for (const tagged of [instance, root]) {
    const found = new Map(tagged?.Tags?.map(({ Key, Value }) => [Key, Value]));
    for (const [key, value] of tags) expect(found.get(key)).toBe(value);
    for (const key of ["slipway:owner", "slipway:launch"]) expect(found.get(key)).toMatch(/^\S+$/);
  }
  const { UserData } = await client.send(
    new DescribeInstanceAttributeCommand({
      InstanceId: instance?.InstanceId,
      Attribute: "userData",
    }),
  );
  const document = Buffer.from(UserData?.Value ?? "", "base64").toString("utf8");
  expect(bootTable(document)).toMatchObject({
    plan_id: plan.plan_id,
    members: [[spawnId, {}, null]],
  });
  expect(document).toContain(USER_DATA.trim());
}
