import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

/** How many of so many requests were taken before the first was refused. */
async function takenOf(count: number, send: () => Promise<unknown>): Promise<number> {
  for (let sent = 0; sent < count; sent += 1)
    if ((await codeOf(send())) === "RequestLimitExceeded") return sent;
  return count;
}

const launch =
  (it: Subject, change: object = {}) =>
  () =>
    it.client.send(new RunInstancesCommand({ ...launchOf(it.region), ...change }));

describe("the published rate buckets", () => {
  it("take five launches at once, then two a second", async () => {
    await using it = await subject();
    expect(await takenOf(20, launch(it))).toBe(5);
    expect(await refusal(launch(it)())).toMatchObject({
      code: "RequestLimitExceeded",
      status: 503,
    });
    await it.clock.advance(1000);
    expect(await takenOf(20, launch(it))).toBe(2);
    await it.clock.advance(60_000);
    expect(await takenOf(20, launch(it))).toBe(5);
  });

  it("count a dry run, a replay and a refused launch as launches", async () => {
    await using it = await subject();
    await codeOf(launch(it, { DryRun: true })());
    await codeOf(launch(it, { ImageId: "ami-1" })());
    await launch(it, { ClientToken: "a" })();
    await launch(it, { ClientToken: "a" })();
    expect(await takenOf(20, launch(it))).toBe(1);
  });

  it("take a thousand machines at once, and a replay of them for nothing", async () => {
    await using it = await subject();
    const many = { MinCount: 500, MaxCount: 500 };
    await launch(it, { ...many, ClientToken: "a" })();
    await launch(it, { ...many, ClientToken: "b" })();
    await launch(it, { ...many, ClientToken: "b" })();
    expect(await codeOf(launch(it)())).toBe("RequestLimitExceeded");
    expect(it.region.instances()).toHaveLength(1000);
    await it.clock.advance(500);
    expect(await codeOf(launch(it)())).toBeNull();
  });

  it.each<readonly [string, number, (it: Subject) => () => Promise<unknown>]>([
    [
      "bare describes",
      50,
      ({ client }) =>
        () =>
          client.send(new DescribeInstancesCommand({})),
    ],
    [
      "narrow describes",
      100,
      ({ client }) =>
        () =>
          client.send(
            new DescribeInstancesCommand({ Filters: [{ Name: "vpc-id", Values: ["x"] }] }),
          ),
    ],
    [
      "paged describes",
      100,
      ({ client }) =>
        () =>
          client.send(new DescribeInstancesCommand({ MaxResults: 5 })),
    ],
    [
      "terminations",
      100,
      ({ client }) =>
        () =>
          client.send(new TerminateInstancesCommand({ InstanceIds: ["i-1"] })),
    ],
    [
      "taggings",
      100,
      ({ client }) =>
        () =>
          client.send(
            new CreateTagsCommand({ Resources: ["i-1"], Tags: [{ Key: "a", Value: "" }] }),
          ),
    ],
  ])("take so many %s: %i", async (_name, count, send) => {
    await using it = await subject();
    expect(await takenOf(count + 5, send(it))).toBe(count);
  });

  it("are each account's and each region's own", async () => {
    await using it = await subject();
    await takenOf(20, launch(it));
    const europe = it.ec2.region("eu-west-1");
    const there = it.clientFor({ region: "eu-west-1" });
    await there.send(new RunInstancesCommand(launchOf(europe)));
    const other = it.clientFor({ accessKeyId: "123456789012" });
    await other.send(new RunInstancesCommand(launchOf(it.region)));
    expect(await codeOf(launch(it)())).toBe("RequestLimitExceeded");
  });

  it("can be off, or others", async () => {
    await using off = await subject({ rates: "off" });
    expect(await takenOf(20, launch(off))).toBe(20);
    await using other = await subject({
      rates: () => ({ requests: { capacity: 1, refillPerSecond: 0 } }),
    });
    expect(await takenOf(20, launch(other))).toBe(1);
  });
});
