import { DescribeInstancesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { parseEc2Faults } from "../../../../src/testing/ec2/index.ts";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

const launch = (it: Subject, change: object = {}) =>
  it.client.send(new RunInstancesCommand({ ...launchOf(it.region), ClientToken: "t", ...change }));

describe("a fault", () => {
  it("answers an error instead of the call, as often as it says", async () => {
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
  ])("%s has the status that EC2 gives it: %i", async (code, status) => {
    await using it = await subject();
    it.ec2.fault({ kind: "error", code });
    expect(await refusal(launch(it))).toMatchObject({ code, status });
  });

  it("says what it is told to say", async () => {
    await using it = await subject();
    it.ec2.fault({ kind: "error", code: "Odd", message: "<odd> & more", status: 418 });
    expect(await refusal(launch(it))).toEqual({
      code: "Odd",
      status: 418,
      message: "<odd> & more",
    });
  });

  it("may come after the effect: the machine is there, and its token gives it", async () => {
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
  ] as const)("loses the reply %s the effect", async (when, machines) => {
    await using it = await subject();
    it.ec2.fault({ kind: "lost-reply", when, times: 1 });
    expect(await codeOf(launch(it))).not.toBeNull();
    expect(it.region.instances()).toHaveLength(machines);
    expect(it.ec2.requests[0]).toMatchObject({ action: "RunInstances", status: null });
    await launch(it);
    expect(it.region.instances()).toHaveLength(1);
  });

  it("keeps a reply back for a time, or until it is released", async () => {
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

  it("cuts a reply short", async () => {
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
    ["type", { instanceType: "t3.small" }],
    ["market", { market: "spot" }],
    ["dry run", { dryRun: true }],
  ] as const)("strikes no other %s", async (_name, match) => {
    await using it = await subject();
    const { subnets } = it.region;
    const here = { SubnetId: subnets["us-east-1a"] };
    const fault = it.ec2.fault({ kind: "error", code: "Struck", ...match });
    expect(await codeOf(launch(it, here))).toBeNull();
    const there = it.clientFor({ region: "eu-west-1" });
    const other = it.clientFor({ accessKeyId: "123456789012" });
    await codeOf(launch(it, { SubnetId: subnets["us-east-1b"] }));
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

describe("a faults file", () => {
  it("is read into faults", () => {
    const document = {
      faults: [
        { kind: "error", code: "RequestLimitExceeded", action: "RunInstances", times: 2 },
        { kind: "lost-reply", when: "after", instance_type: "t3.micro", dry_run: false },
        { kind: "slow-reply", delay_ms: 100, zone: "us-east-1a", market: "spot", skip: 1 },
        { kind: "malformed-reply", region: "us-east-1", account: "000000000000" },
      ],
    };
    expect(parseEc2Faults(document)).toEqual([
      document.faults[0],
      { kind: "lost-reply", when: "after", instanceType: "t3.micro", dryRun: false },
      { kind: "slow-reply", delayMs: 100, zone: "us-east-1a", market: "spot", skip: 1 },
      document.faults[3],
    ]);
  });

  it.each([
    [null, /document/],
    [{}, /faults/],
    [{ faults: [{ kind: "fire" }] }, /faults\.0\.kind/],
    [{ faults: [{ kind: "error" }] }, /faults\.0\.code/],
    [{ faults: [{ kind: "lost-reply", actoin: "x" }] }, /actoin/],
    [{ faults: [{ kind: "lost-reply", times: 0 }] }, /faults\.0\.times/],
    [{ faults: [{ kind: "slow-reply", delay_ms: "1" }] }, /faults\.0\.delay_ms/],
  ])("is refused: %j", (document, message) => {
    expect(() => parseEc2Faults(document)).toThrow(message);
  });
});
