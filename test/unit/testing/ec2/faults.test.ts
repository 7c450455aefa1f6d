import { DescribeInstancesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

const launch = (it: Subject, change: object = {}) =>
  it.client.send(new RunInstancesCommand({ ...launchOf(it.region), ClientToken: "t", ...change }));

describe("a fault", () => {
  it("replaces the answer with an error, as often as the rule says", async () => {
    await using it = await subject();
    const fault = it.ec2.fault({
      kind: "error",
      code: "RequestLimitExceeded",
      action: "RunInstances",
      skip: 1,
      times: 2,
    });
    const codes: (string | null)[] = [];
    for (const ClientToken of ["a", "b", "c", "d"])
      codes.push(await codeOf(launch(it, { ClientToken })));
    expect(codes).toEqual([null, "RequestLimitExceeded", "RequestLimitExceeded", null]);
    expect(fault.hits).toBe(2);
    expect(it.region.instances()).toHaveLength(2);
  });

  it.each([
    ["InsufficientInstanceCapacity", 500],
    ["VcpuLimitExceeded", 400],
    ["InternalError", 500],
    ["Unavailable", 503],
    ["RequestExpired", 400],
    ["AuthFailure", 401],
    ["UnauthorizedOperation", 403],
    ["NeverHeardOf", 400],
  ])("%s has EC2's status %i", async (code, status) => {
    await using it = await subject();
    it.ec2.fault({ kind: "error", code });
    expect(await refusal(launch(it))).toMatchObject({ code, status });
  });

  it.each([
    [{ kind: "throttle" }, "RequestLimitExceeded", 503],
    [{ kind: "expired-credentials" }, "RequestExpired", 400],
    [{ kind: "capacity" }, "InsufficientInstanceCapacity", 500],
    [{ kind: "quota" }, "VcpuLimitExceeded", 400],
  ] as const)("%o has EC2's message", async (fault, code, status) => {
    await using it = await subject();
    it.ec2.fault({ ...fault, times: 1 });
    expect(await refusal(launch(it))).toMatchObject({ code, status });
    expect(it.region.instances()).toEqual([]);
    expect(await codeOf(launch(it))).toBeNull();
  });

  it.each(["capacity", "quota"] as const)("%s affects launches only", async (kind) => {
    await using it = await subject();
    const fault = it.ec2.fault({ kind });
    expect(await codeOf(it.client.send(new DescribeInstancesCommand({})))).toBeNull();
    expect(await codeOf(launch(it, { DryRun: true }))).toBe("DryRunOperation");
    expect(fault.hits).toBe(0);
    expect(await codeOf(launch(it))).not.toBeNull();
  });

  it("expired credentials have the message of STS", async () => {
    await using it = await subject();
    it.ec2.fault({ kind: "expired-credentials" });
    const asked = it.stsFor({}).send(new GetCallerIdentityCommand({}));
    expect(await codeOf(asked)).toMatch(/^ExpiredToken/);
  });

  it("that does not apply to EC2 is rejected", async () => {
    await using it = await subject();
    expect(() => it.ec2.fault({ kind: "throttle", project: "agents" })).toThrow("to EC2");
    await expect(subject({ faults: [{ kind: "operation-error", code: "X" }] })).rejects.toThrow(
      "operation_error",
    );
  });

  it("has the configured message", async () => {
    await using it = await subject();
    it.ec2.fault({ kind: "error", code: "Odd", message: "<odd> & more", status: 418 });
    expect(await refusal(launch(it))).toEqual({
      code: "Odd",
      status: 418,
      message: "<odd> & more",
    });
  });

  it("can follow the effect: the machine exists, and its token returns it", async () => {
    await using it = await subject();
    it.ec2.fault({ kind: "error", code: "InternalError", when: "after", times: 1 });
    expect(await codeOf(launch(it))).toBe("InternalError");
    const [made] = it.region.instances();
    const reply = await launch(it);
    expect(reply.Instances?.[0]?.InstanceId).toBe(made?.id);
    expect(it.region.instances()).toHaveLength(1);
  });

  it.each([
    ["after", 1],
    ["before", 0],
  ] as const)("drops the reply %s the effect", async (when, machines) => {
    await using it = await subject();
    it.ec2.fault({ kind: "lost-reply", when, times: 1 });
    expect(await codeOf(launch(it))).not.toBeNull();
    expect(it.region.instances()).toHaveLength(machines);
    expect(it.ec2.requests[0]).toMatchObject({ action: "RunInstances", status: null });
    await launch(it);
    expect(it.region.instances()).toHaveLength(1);
  });

  it("delays a reply for a time, or until it is released", async () => {
    await using it = await subject();
    it.ec2.fault({ kind: "slow-reply", delayMs: 5000, times: 1 });
    const slow = launch(it);
    await it.clock.runUntilSettled(slow);
    expect((await slow).Instances).toHaveLength(1);
    const fault = it.ec2.fault({ kind: "slow-reply", when: "before" });
    const held = launch(it, { ClientToken: "u" });
    await fault.reached;
    expect(it.region.instances()).toHaveLength(1);
    fault.release();
    await held;
    expect(it.region.instances()).toHaveLength(2);
  });

  it("truncates a reply", async () => {
    await using it = await subject();
    it.ec2.fault({ kind: "malformed-reply", times: 1 });
    expect(await codeOf(launch(it))).not.toBeNull();
    expect(it.region.instances()).toHaveLength(1);
  });

  it.each([
    ["action", { action: "DescribeInstances" }],
    ["region", { region: "eu-west-1" }],
    ["account", { account: "123456789012" }],
    ["zone", { zone: "us-east-1b" }],
    ["subnet", { subnet: "subnet-0ffffffffffffffff" }],
    ["type", { instanceType: "t3.small" }],
    ["market", { market: "spot" }],
    ["dry run", { dryRun: true }],
  ] as const)("does not affect another %s", async (_name, match) => {
    await using it = await subject();
    const { subnets } = it.region;
    const here = { SubnetId: subnets["us-east-1a"] };
    const fault = it.ec2.fault({ kind: "error", code: "Struck", ...match });
    expect(await codeOf(launch(it, here))).toBeNull();
    const there = it.clientFor({ region: "eu-west-1" });
    const other = it.clientFor({ accessKeyId: "123456789012" });
    await codeOf(launch(it, { SubnetId: subnets["us-east-1b"] }));
    await codeOf(launch(it, { SubnetId: "subnet-0ffffffffffffffff", ClientToken: "u" }));
    await codeOf(launch(it, { InstanceType: "t3.small", ClientToken: "v" }));
    await codeOf(launch(it, { InstanceMarketOptions: { MarketType: "spot" }, ClientToken: "w" }));
    await codeOf(launch(it, { DryRun: true }));
    for (const client of [it.client, there, other])
      await codeOf(client.send(new DescribeInstancesCommand({ MaxResults: 5 })));
    expect(fault.hits).toBeGreaterThan(0);
    fault.remove();
    const struck = it.ec2.requests.filter(({ code }) => code === "Struck");
    expect(struck).toHaveLength(fault.hits);
  });
});
