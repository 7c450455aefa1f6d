import {
  DescribeSubnetsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, subject } from "./support.ts";

const HOUR = 3_600_000;
const TIMING = { timing: { endingMs: 1000 } };

interface Launched {
  readonly id: string;
  readonly address: string;
}

async function run(it: Subject, change: object = {}): Promise<Launched> {
  const SubnetId = it.region.subnets["us-east-1a"];
  const command = new RunInstancesCommand({ ...launchOf(it.region), SubnetId, ...change });
  const { Instances: [only] = [] } = await it.client.send(command);
  return { id: only?.InstanceId ?? "", address: only?.PrivateIpAddress ?? "" };
}

async function end(it: Subject, { id }: Launched): Promise<void> {
  await it.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
}

async function freeAddresses(it: Subject): Promise<number> {
  const SubnetIds = [it.region.subnets["us-east-1a"] ?? ""];
  const { Subnets: [only] = [] } = await it.client.send(new DescribeSubnetsCommand({ SubnetIds }));
  return only?.AvailableIpAddressCount ?? Number.NaN;
}

describe("an address", () => {
  it("is in use until its machine has ended, and then free again", async () => {
    await using it = await subject(TIMING);
    const all = await freeAddresses(it);
    const first = await run(it);
    await end(it, first);
    const second = await run(it);
    expect(second.address).not.toBe(first.address);
    expect(await freeAddresses(it)).toBe(all - 2);
    expect(await codeOf(run(it, { PrivateIpAddress: first.address }))).toBe(
      "InvalidIPAddress.InUse",
    );
    await it.clock.advance(1000);
    expect(await freeAddresses(it)).toBe(all - 1);
    expect(await run(it, { PrivateIpAddress: first.address })).toMatchObject({
      address: first.address,
    });
    expect(await freeAddresses(it)).toBe(all - 2);
  });

  it("is assigned to one machine only, also after old machines were pruned", async () => {
    await using it = await subject(TIMING);
    const [gone, staying] = [await run(it), await run(it)];
    await end(it, gone);
    await it.clock.advance(25 * HOUR);
    const later = [await run(it), await run(it), await run(it)];
    const held = [staying, ...later].map(({ address }) => address);
    expect(new Set(held).size).toBe(4);
    expect(held).toContain(gone.address);
  });

  it("belongs to its subnet: another subnet assigns its own", async () => {
    await using it = await subject();
    const first = await run(it);
    const other = await run(it, { SubnetId: it.region.subnets["us-east-1b"] });
    expect(other.address).not.toBe(first.address);
    const full = new Set([first.address, other.address]);
    expect(full.has((await run(it)).address)).toBe(false);
  });
});
