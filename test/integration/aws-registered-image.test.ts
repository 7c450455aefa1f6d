import { randomUUID } from "node:crypto";
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  RegisterImageCommand,
} from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { z } from "zod";
import { ec2Cli, setWorkspaceRecords } from "../cli/support/ec2-cli.ts";
import { describeWithLocalStack, describeWithMoto } from "../support/localstack.ts";
import { MOTO_ACCOUNT, startMoto } from "../support/moto.ts";
import { endpoint } from "./support/ec2-endpoints.ts";
import type { Endpoint } from "./support/ec2-endpoints.ts";

/**
 * Images that users register by themselves. LocalStack and moto give them the root device type `standard`, no
 * architecture, and volumes that stay after termination.
 */

const resolved = z.object({
  artifact: z.object({ id: z.string() }),
  checks: z.array(
    z.object({ name: z.string(), outcome: z.string(), reason: z.string().optional() }),
  ),
});
const spawned = z.object({ state: z.string(), machine: z.object({ id: z.string() }) });

async function registerImage({ client }: Endpoint): Promise<string> {
  const reply = await client.send(
    new RegisterImageCommand({
      Name: `registered-${randomUUID()}`,
      Architecture: "x86_64",
      RootDeviceName: "/dev/sda1",
      VirtualizationType: "hvm",
      EnaSupport: true,
      BlockDeviceMappings: [
        {
          DeviceName: "/dev/sda1",
          Ebs: { SnapshotId: "snap-0123456789abcdef0", DeleteOnTermination: false },
        },
      ],
    }),
  );
  return reply.ImageId ?? "";
}

/** Resolves, spawns and terminates a workspace with the image. */
async function life(url: string, cloud: Endpoint) {
  const imageId = await registerImage(cloud);
  const place = { ...cloud, imageId, subnetIds: [cloud.subnetId] };
  using cli = ec2Cli(url, place);
  await setWorkspaceRecords(cli, place);
  const { artifact, checks } = resolved.parse(await cli.json(["resolve", "agent-dev"]));
  const { state, machine } = spawned.parse(await cli.json(["spawn", "agent-dev", "--id", "first"]));
  const machineIds = { InstanceIds: [machine.id] };
  const { Reservations } = await cloud.client.send(new DescribeInstancesCommand(machineIds));
  await cli.json(["terminate", "first"]);
  const ours = { Filters: [{ Name: "tag:slipway:spawn", Values: ["first"] }] };
  const { Volumes } = await cloud.client.send(new DescribeVolumesCommand(ours));
  return {
    isPinned: artifact.id === imageId,
    failed: checks.filter(({ outcome }) => outcome === "failed"),
    platform: checks.find(({ name }) => name === "image.platform"),
    state,
    mapping: Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings,
    volumesLeft: Volumes,
  };
}

const EXPECTED = {
  isPinned: true,
  failed: [],
  platform: { outcome: "warning", reason: "ARCHITECTURE_UNKNOWN" },
  state: "running",
  mapping: [{ DeviceName: "/dev/sda1", Ebs: { DeleteOnTermination: true } }],
  volumesLeft: [],
};

describeWithLocalStack("an image registered on LocalStack", (url) => {
  it("resolves and spawns, and leaves no volume", { timeout: 120_000 }, async () => {
    using cloud = await endpoint(url);
    expect(await life(url, cloud)).toMatchObject(EXPECTED);
  });
});

describeWithMoto("an image registered on moto", (program) => {
  it("resolves and spawns, and leaves no volume", { timeout: 120_000 }, async () => {
    await using moto = await startMoto(program);
    using cloud = await endpoint(moto.url, MOTO_ACCOUNT);
    expect(await life(moto.url, cloud)).toMatchObject(EXPECTED);
  });
});
