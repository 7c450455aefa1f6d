import {
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { launchRequest } from "../../adapters/aws/launch/launch-request.ts";
import type { Launch } from "../../src/substrate/contract.ts";
import { caughtError } from "../support/caught.ts";
import {
  candidate,
  EC2_ACCOUNT,
  ec2Launch,
  ec2Plan,
  ec2World,
  summary,
} from "../support/ec2-launch.ts";
import type { Ec2World } from "../support/ec2-launch.ts";

const { signal } = new AbortController();

function idsOf({ region }: Ec2World): readonly string[] {
  return region.instances().map(({ id }) => id);
}

async function launch(world: Ec2World, of: Launch): Promise<readonly string[]> {
  return summary(await world.adapter.launch(of, signal));
}

/** A client to inspect the resources that the adapter created. */
function ec2Client({ ec2, region }: Ec2World): EC2Client & Disposable {
  const client = new EC2Client({
    region: region.name,
    endpoint: ec2.url,
    credentials: { accessKeyId: EC2_ACCOUNT, secretAccessKey: "test" },
  });
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}

/** The same launch through another adapter, as another process would make it. */
async function launchElsewhere(world: Ec2World, of: Launch): Promise<readonly string[]> {
  return summary(await world.open().launch(of, signal));
}

describe("launching on EC2", () => {
  it("sends one request, and the machine is as requested", async () => {
    await using world = await ec2World();
    const { region } = world;
    const subnet = region.subnets["us-east-1b"] ?? "";
    const plan = ec2Plan(region, {
      settings: {
        rootVolume: { sizeGb: 20, type: "gp3" },
        instanceProfileArn: "arn:aws:iam::123456789012:instance-profile/agents",
        tags: { team: "red" },
      },
      plan: { candidates: [candidate(subnet, { place: "us-east-1b", market: "spot" })] },
    });
    const [outcome] = await world.adapter.launch(ec2Launch(plan), signal);
    // The account is asked for once per credential.
    const actions = () => world.ec2.requests.map(({ action }) => action);
    expect(actions()).toEqual(["GetCallerIdentity", "RunInstances"]);
    await launch(world, ec2Launch(plan));
    expect(actions().slice(2)).toEqual(["RunInstances"]);
    const [instance] = region.instances();
    expect(outcome).toMatchObject({
      outcome: "accepted",
      machine: {
        id: instance?.id,
        place: "us-east-1b",
        state: "pending",
        architecture: "amd64",
        artifact: region.images.x86_64,
        addresses: { private: instance?.privateIp, public: null },
        ownership: { owner: "ledger-1", spawnId: "spawn-1", planId: plan.planId },
        end: null,
      },
    });
    expect(instance).toMatchObject({
      instanceType: "t3.micro",
      subnetId: subnet,
      securityGroupIds: [region.securityGroupId],
      profile: "arn:aws:iam::123456789012:instance-profile/agents",
      market: "spot",
      metadataOptions: { httpTokens: "required", instanceTags: "enabled" },
      userData: Buffer.from("#cloud-config\n{}\n").toString("base64"),
      tags: { team: "red", "slipway:owner": "ledger-1", "slipway:spawn": "spawn-1" },
    });
  });

  it("tags every resource with its owner, and creates the requested volume", async () => {
    await using world = await ec2World();
    const plan = ec2Plan(world.region, { settings: { rootVolume: { sizeGb: 20, type: "gp3" } } });
    const one = ec2Launch(plan);
    await launch(world, one);
    using client = ec2Client(world);
    const { Volumes = [] } = await client.send(new DescribeVolumesCommand({}));
    expect(Volumes).toMatchObject([{ Size: 20, VolumeType: "gp3" }]);
    const { NetworkInterfaces = [] } = await client.send(new DescribeNetworkInterfacesCommand({}));
    const tags = launchRequest(one).TagSpecifications?.[0]?.Tags;
    expect(tags).toContainEqual({ Key: "slipway:owner", Value: "ledger-1" });
    expect(Volumes.map(({ Tags }) => Tags)).toEqual([tags]);
    expect(NetworkInterfaces.map(({ TagSet }) => TagSet)).toEqual([tags]);
  });

  it("requests a public address if the placement does", async () => {
    await using world = await ec2World();
    const { region } = world;
    const subnet = region.subnets["us-east-1a"] ?? "";
    const plan = ec2Plan(region, { settings: { assignPublicIp: true } });
    await launch(world, ec2Launch(plan));
    const [instance] = region.instances();
    expect(instance).toMatchObject({
      subnetId: subnet,
      securityGroupIds: [region.securityGroupId],
    });
    expect(instance?.publicIp).not.toBe(null);
  });

  it("returns the same machine when its token is replayed, even concurrently", async () => {
    await using world = await ec2World();
    const one = ec2Launch(ec2Plan(world.region));
    const both = await Promise.all([launch(world, one), launchElsewhere(world, one)]);
    expect(both[0]).toEqual(both[1]);
    expect(await launch(world, one)).toEqual(both[0]);
    expect(idsOf(world)).toEqual(both[0]);
  });

  it("launches a batch with one request, ordered by launch index", async () => {
    await using world = await ec2World();
    const batch = ec2Launch(ec2Plan(world.region), "batch", { count: 20 });
    const ids = await launch(world, batch);
    const indexes = new Map(world.region.instances().map((one) => [one.id, one.launchIndex]));
    expect(ids.map((id) => indexes.get(id))).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await launch(world, batch)).toEqual(ids);
    expect(world.sent("RunInstances").map(({ parameters }) => parameters["MaxCount"])).toEqual([
      "20",
      "20",
    ]);
    expect(world.region.instances()[0]?.tags["slipway:spawn"]).toBe(undefined);
  });

  it("rejects the members of a batch for which the zone has no capacity", async () => {
    await using world = await ec2World();
    world.region.setCapacity({ instanceType: "t3.micro", zone: "us-east-1a" }, 2);
    const batch = ec2Launch(ec2Plan(world.region), "batch", { count: 4 });
    const outcomes = await launch(world, batch);
    expect(outcomes.slice(0, 2)).toEqual(
      world.region
        .instances()
        .toSorted((one, other) => one.launchIndex - other.launchIndex)
        .map(({ id }) => id),
    );
    expect(outcomes.slice(2)).toEqual([
      "rejected INSUFFICIENT_CAPACITY next-candidate",
      "rejected INSUFFICIENT_CAPACITY next-candidate",
    ]);
    expect(await launch(world, batch)).toEqual(outcomes);
  });

  it("answers an empty launch without a request", async () => {
    await using world = await ec2World();
    expect(await launch(world, ec2Launch(ec2Plan(world.region), "none", { count: 0 }))).toEqual([]);
    expect(world.ec2.requests).toEqual([]);
  });
});

describe("a launch that is cancelled", () => {
  it("sends nothing if it was cancelled before the request", async () => {
    await using world = await ec2World();
    const one = ec2Launch(ec2Plan(world.region));
    const error = await caughtError(() => world.adapter.launch(one, AbortSignal.abort()));
    expect(error.code).toBe("CANCELLED");
    expect(world.ec2.requests).toEqual([]);
  });

  it("returns its machines if it was cancelled during the request", async () => {
    await using world = await ec2World();
    const controller = new AbortController();
    const slow = world.ec2.fault({ kind: "slow-reply", action: "RunInstances", times: 1 });
    const launching = world.adapter.launch(ec2Launch(ec2Plan(world.region)), controller.signal);
    await slow.reached;
    controller.abort();
    slow.release();
    expect(summary(await launching)).toEqual(idsOf(world));
  });

  it("throws a cancellation if EC2 refused the request in the meantime", async () => {
    await using world = await ec2World();
    const controller = new AbortController();
    world.region.setCapacity({ instanceType: "t3.micro", zone: "us-east-1a" }, 0);
    const slow = world.ec2.fault({ kind: "slow-reply", when: "before", times: 1 });
    const launching = world.adapter.launch(ec2Launch(ec2Plan(world.region)), controller.signal);
    await slow.reached;
    controller.abort();
    slow.release();
    expect((await caughtError(() => launching)).code).toBe("CANCELLED");
  });
});
