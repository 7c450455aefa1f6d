import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

/** How many of `count` requests succeeded before the first was throttled. */
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
  it("allow five launches at once, then two per second", async () => {
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

  it("count a dry run, a replay and a rejected launch as launches", async () => {
    await using it = await subject();
    await codeOf(launch(it, { DryRun: true })());
    await codeOf(launch(it, { ImageId: "ami-1" })());
    await launch(it, { ClientToken: "a" })();
    await launch(it, { ClientToken: "a" })();
    expect(await takenOf(20, launch(it))).toBe(1);
  });

  it("allow a thousand machines at once, and do not charge a replay for them", async () => {
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
      "describes without filters",
      50,
      ({ client }) =>
        () =>
          client.send(new DescribeInstancesCommand({})),
    ],
    [
      "describes with filters",
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
  ])("allow %s: %i", async (_name, count, send) => {
    await using it = await subject();
    expect(await takenOf(count + 5, send(it))).toBe(count);
  });

  it("are separate for each account and region", async () => {
    await using it = await subject();
    await takenOf(20, launch(it));
    const europe = it.ec2.region("eu-west-1");
    const there = it.clientFor({ region: "eu-west-1" });
    await there.send(new RunInstancesCommand(launchOf(europe)));
    const other = it.clientFor({ accessKeyId: "123456789012" });
    await other.send(new RunInstancesCommand(launchOf(it.region)));
    expect(await codeOf(launch(it)())).toBe("RequestLimitExceeded");
  });

  it("can be disabled or replaced", async () => {
    await using off = await subject({ rates: "off" });
    expect(await takenOf(20, launch(off))).toBe(20);
    await using other = await subject({
      rates: () => ({ requests: { capacity: 1, refillPerSecond: 0 } }),
    });
    expect(await takenOf(20, launch(other))).toBe(1);
  });
});
