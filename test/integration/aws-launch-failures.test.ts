import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Launch } from "../../src/substrate/contract.ts";
import type { CloudFault } from "../../testing/server/cloud-fault-grammar.ts";
import { startEc2 } from "../../testing/ec2/index.ts";
import { EC2_ACCOUNT, ec2Launch, ec2Plan, ec2World, summary } from "../support/ec2-launch.ts";
import type { Ec2World } from "../support/ec2-launch.ts";
import { scratchFolder } from "../support/scratch.ts";

const { signal } = new AbortController();

function idsOf({ region }: Ec2World): readonly string[] {
  return region.instances().map(({ id }) => id);
}

async function launch(world: Ec2World, of: Launch): Promise<readonly string[]> {
  return summary(await world.adapter.launch(of, signal));
}

/** The same launch through another adapter, as another process would make it. */
async function launchElsewhere(world: Ec2World, of: Launch): Promise<readonly string[]> {
  return summary(await world.open().launch(of, signal));
}

describe("a launch that EC2 refuses", () => {
  it("has the verdict of the refusal, after one request", async () => {
    const refusals: readonly (readonly [CloudFault, string])[] = [
      [{ kind: "throttle", times: 1 }, "rejected CLOUD_RATE_LIMITED same-token"],
      [{ kind: "capacity", times: 1 }, "rejected INSUFFICIENT_CAPACITY next-candidate"],
      [{ kind: "quota", times: 1 }, "rejected QUOTA_EXCEEDED next-candidate"],
      [{ kind: "expired-credentials", times: 1 }, "rejected CLOUD_UNAUTHENTICATED never"],
      [
        { kind: "error", code: "InsufficientFreeAddressesInSubnet", times: 1 },
        "rejected SUBNET_FULL next-candidate",
      ],
      [
        { kind: "error", code: "Unsupported", times: 1 },
        "rejected NOT_OFFERED_HERE next-candidate",
      ],
      [
        { kind: "error", code: "SomethingNew", times: 1 },
        "rejected CLOUD_REQUEST_REFUSED next-candidate",
      ],
    ];
    for (const [fault, expected] of refusals) {
      await using world = await ec2World();
      world.ec2.fault({ ...fault, action: "RunInstances" });
      const one = ec2Launch(ec2Plan(world.region));
      expect(await launch(world, one)).toEqual([expected]);
      expect(world.sent("RunInstances").length).toBe(1);
      expect(idsOf(world)).toEqual([]);
      // A refusal does not use the token up.
      expect(await launch(world, one)).toEqual(idsOf(world));
    }
  });

  it("names the machines of a token that was used for another request", async () => {
    await using world = await ec2World();
    const plan = ec2Plan(world.region);
    const [id = ""] = await launch(world, ec2Launch(plan));
    const other = ec2Plan(world.region, { settings: { rootVolume: { sizeGb: 30, type: null } } });
    const [outcome] = await world.adapter.launch(ec2Launch(other), signal);
    expect(outcome).toMatchObject({
      outcome: "rejected",
      error: {
        reason: "LAUNCH_TOKEN_MISMATCH",
        retry: "never",
        metadata: { machine_ids: [id], provider_code: "IdempotentParameterMismatch" },
      },
    });
    expect(outcome).toHaveProperty("error.message", expect.stringContaining(id));
    expect(idsOf(world)).toEqual([id]);
  });

  it("finds its machines again with user data that another version renders differently", async () => {
    await using world = await ec2World();
    const plan = ec2Plan(world.region);
    const launchOf = (userData: string) => ec2Launch(plan, "batch", { count: 3, userData });
    const ids = await launch(world, launchOf("#!/bin/sh\n"));
    expect(ids).toHaveLength(3);
    expect(await launch(world, launchOf("#!/bin/sh\n:\n"))).toEqual(ids);
    expect(idsOf(world)).toHaveLength(3);
  });

  it("waits for all machines before it counts a member as not launched", async () => {
    await using world = await ec2World();
    const plan = ec2Plan(world.region);
    const [zone = ""] = world.region.zones;
    world.region.setCapacity({ instanceType: plan.machineType, zone }, 2);
    const launchOf = (userData: string) => ec2Launch(plan, "batch", { count: 3, userData });
    const [first, second] = await launch(world, launchOf("#!/bin/sh\n"));
    const again = launchOf("#!/bin/sh\n:\n");
    const unknown = "unknown LAUNCH_TOKEN_MISMATCH never";
    expect(await launch(world, again)).toEqual([unknown, unknown, unknown]);
    await world.clock.advance(5 * 60_000);
    expect(await launch(world, again)).toEqual([
      first,
      second,
      "rejected INSUFFICIENT_CAPACITY next-candidate",
    ]);
  });

  it("names the machines of a token whose machines were terminated", async () => {
    await using world = await ec2World();
    const one = ec2Launch(ec2Plan(world.region));
    const [id = ""] = await launch(world, one);
    await world.adapter.terminate([id], signal);
    const [outcome] = await world.adapter.launch(one, signal);
    expect(outcome).toMatchObject({
      outcome: "rejected",
      error: { reason: "LAUNCH_TOKEN_SPENT", metadata: { machine_ids: [id] } },
    });
  });

  it("is reported even if its machines cannot be looked up", async () => {
    await using world = await ec2World();
    const one = ec2Launch(ec2Plan(world.region));
    const [id = ""] = await launch(world, one);
    await world.adapter.terminate([id], signal);
    world.ec2.deny("ec2:DescribeInstances", "123456789012");
    expect(await launch(world, one)).toEqual(["rejected LAUNCH_TOKEN_SPENT never"]);
  });

  it("returns the terminated machine if EC2 does, and never another one", async () => {
    await using world = await ec2World({ tokenAfterTermination: "return-instances" });
    const one = ec2Launch(ec2Plan(world.region));
    const [id = ""] = await launch(world, one);
    await world.adapter.terminate([id], signal);
    await world.clock.advance(1_000);
    const [outcome] = await world.open().launch(one, signal);
    expect(outcome).toMatchObject({ outcome: "accepted", machine: { id, state: "ended" } });
    expect(idsOf(world)).toEqual([id]);
  });

  it("is not sent with credentials of another account, in which its token has no meaning", async () => {
    await using world = await ec2World();
    const one = ec2Launch(ec2Plan(world.region));
    await launch(world, one);
    const stranger = world.open({ account: "999999999999" });
    const [outcome] = await stranger.launch(one, signal);
    expect(outcome).toMatchObject({
      outcome: "rejected",
      error: { reason: "ACCOUNT_MISMATCH", retry: "never", blastRadius: "credential" },
    });
    expect(world.sent("RunInstances").length).toBe(1);
  });

  it("rejects all members of a plan that is not for EC2, without a request", async () => {
    await using world = await ec2World();
    const plan = ec2Plan(world.region, { plan: { settings: {} } });
    expect(await launch(world, ec2Launch(plan, "batch", { count: 2 }))).toEqual([
      "rejected INVALID_PLAN never",
      "rejected INVALID_PLAN never",
    ]);
    expect(world.ec2.requests).toEqual([]);
  });
});

describe("a launch whose answer is lost", () => {
  it.each([
    ["the connection is reset", { kind: "lost-reply" }],
    ["the answer is cut off", { kind: "malformed-reply" }],
    ["EC2 fails after the effect", { kind: "error", code: "InternalError", when: "after" }],
    ["EC2 is overloaded after the effect", { kind: "error", code: "Unavailable", when: "after" }],
  ] as const)(
    "is unknown for every member if %s, and the token finds the machines",
    async (_, fault) => {
      await using world = await ec2World();
      world.ec2.fault({ ...fault, action: "RunInstances", times: 1 });
      const batch = ec2Launch(ec2Plan(world.region), "batch", { count: 2 });
      expect(await launch(world, batch)).toEqual([
        "unknown CLOUD_UNAVAILABLE same-token",
        "unknown CLOUD_UNAVAILABLE same-token",
      ]);
      expect(world.sent("RunInstances").length).toBe(1);
      const replayed = await launchElsewhere(world, batch);
      expect(new Set(replayed)).toEqual(new Set(idsOf(world)));
      expect(idsOf(world).length).toBe(2);
    },
  );

  it("is found by its token from a new process, even after a restart of EC2", async () => {
    using folder = scratchFolder();
    const options = { stateFile: join(folder.path, "ec2.json") };
    await using world = await ec2World(options);
    world.ec2.fault({ kind: "lost-reply", action: "RunInstances", times: 1 });
    const one = ec2Launch(ec2Plan(world.region));
    expect(await launch(world, one)).toEqual(["unknown CLOUD_UNAVAILABLE same-token"]);
    const [id = ""] = idsOf(world);
    await world.ec2.close();
    await using later = await startEc2(options);
    const outcomes = await world.open({ url: later.url }).launch(one, signal);
    expect(summary(outcomes)).toEqual([id]);
    expect(later.region("us-east-1", EC2_ACCOUNT).instances().length).toBe(1);
  });

  it("is unknown even if EC2 failed before the effect, because the answers look the same", async () => {
    await using world = await ec2World();
    world.ec2.fault({ kind: "error", code: "InternalError", action: "RunInstances", times: 1 });
    const one = ec2Launch(ec2Plan(world.region));
    expect(await launch(world, one)).toEqual(["unknown CLOUD_UNAVAILABLE same-token"]);
    expect(await launch(world, one)).toEqual(idsOf(world));
  });

  it("is rejected if nothing could be sent", async () => {
    await using world = await ec2World();
    const adapter = world.open({ url: "http://127.0.0.1:1" });
    const outcomes = await adapter.launch(ec2Launch(ec2Plan(world.region)), signal);
    expect(summary(outcomes)).toEqual(["rejected CLOUD_UNAVAILABLE same-token"]);
  });
});
