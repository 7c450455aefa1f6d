import { describe, expect, it } from "vitest";
import { knownMachine } from "../../src/substrate/contract.ts";
import { caughtError } from "../support/caught.ts";
import { EC2_ACCOUNT, ec2Launch, ec2Plan, ec2World, summary } from "../support/ec2-launch.ts";
import type { Ec2World } from "../support/ec2-launch.ts";

const { signal } = new AbortController();
const UNKNOWN = "i-0123456789abcdef0";

async function launched(world: Ec2World, name = "spawn-1", count = 1): Promise<readonly string[]> {
  const launch = ec2Launch(ec2Plan(world.region), name, { count });
  return summary(await world.adapter.launch(launch, signal));
}

async function described(world: Ec2World, ids: readonly string[], adapter = world.adapter) {
  const sightings = await adapter.describe(ids, signal);
  return sightings.map((sighting) =>
    sighting === null || sighting === "unknown" ? sighting : `${sighting.id} ${sighting.state}`,
  );
}

function requested(world: Ec2World, action: string): readonly number[] {
  return world
    .sent(action)
    .map(
      ({ parameters }) =>
        Object.keys(parameters).filter((name) => name.startsWith("InstanceId.")).length,
    );
}

describe("describing instances", () => {
  it("asks for a thousand ids per call, and for each id once", async () => {
    await using world = await ec2World({ regions: { "us-east-1": "abcdef" } });
    const ids = await launched(world, "batch", 1_000);
    const [last = ""] = await launched(world, "last");
    const answers = await world.adapter.describe([...ids, last, last], signal);
    expect(answers.map((machine) => knownMachine(machine)?.id)).toEqual([...ids, last, last]);
    expect(requested(world, "DescribeInstances")).toEqual([1_000, 1]);
  });

  it("reads the volumes of one machine that runs, of no other, and does without if it may not", async () => {
    await using world = await ec2World();
    const ids = await launched(world, "two", 2);
    const [first = ""] = ids;
    const disks = async (asked: readonly string[]) => {
      const [status] = await world.adapter.describe(asked, signal);
      return knownMachine(status)?.settings?.["disks"];
    };
    expect(await disks([first])).toBeUndefined();
    await world.clock.advance(60_000);
    expect(await disks(ids)).toBeUndefined();
    expect(world.sent("DescribeVolumes")).toEqual([]);
    expect(await disks([first])).toMatchObject([{ device: "/dev/xvda" }]);
    expect(world.sent("DescribeVolumes")).toHaveLength(1);
    world.ec2.deny("ec2:DescribeVolumes", EC2_ACCOUNT);
    expect(await disks([first])).toBeUndefined();
    expect(await described(world, [first])).toEqual([`${first} running`]);
  });

  it("reads the price of one spot machine, and does without if it may not", async () => {
    await using world = await ec2World();
    const launch = ec2Launch(ec2Plan(world.region, { settings: { maxPrice: "0.05" } }));
    const place = { ...launch.place, market: "spot" } as const;
    const [id = ""] = summary(await world.adapter.launch({ ...launch, place }, signal));
    await world.clock.advance(60_000);
    const price = async () => {
      const [status] = await world.adapter.describe([id], signal);
      return knownMachine(status)?.settings?.["maxPrice"];
    };
    expect(await price()).toBe("0.05");
    expect(world.sent("DescribeSpotInstanceRequests")).toHaveLength(1);
    world.ec2.deny("ec2:DescribeSpotInstanceRequests", EC2_ACCOUNT);
    expect(await price()).toBeUndefined();
    expect(await described(world, [id])).toEqual([`${id} running`]);
  });

  it("drops the ids that EC2 names as unknown, and does not send malformed ids", async () => {
    await using world = await ec2World();
    const [id = ""] = await launched(world);
    const asked = [UNKNOWN, "i-short", "", "__proto__", id, "i-0fffffffffffffff1"];
    expect(await described(world, asked)).toEqual([
      "unknown",
      null,
      null,
      null,
      `${id} pending`,
      "unknown",
    ]);
    expect(requested(world, "DescribeInstances")).toEqual([3, 1]);
  });

  it("asks by filter if the refusal does not name the unknown id", async () => {
    await using world = await ec2World();
    const [id = ""] = await launched(world);
    world.ec2.fault({
      kind: "error",
      code: "InvalidInstanceID.NotFound",
      message: "One of them does not exist",
      action: "DescribeInstances",
      times: 1,
    });
    expect(await described(world, [UNKNOWN, id])).toEqual(["unknown", `${id} pending`]);
    const [, second] = world.sent("DescribeInstances");
    expect(second?.parameters).toMatchObject({ "Filter.1.Name": "instance-id" });
  });

  it("knows a machine that it just launched before EC2 shows it, unlike another process", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 3_000 } });
    const [id = ""] = await launched(world);
    expect(await described(world, [id, UNKNOWN])).toEqual([`${id} pending`, "unknown"]);
    expect(await described(world, [id], world.open())).toEqual(["unknown"]);
    await world.clock.advance(3_500);
    expect(await described(world, [id], world.open())).toEqual([`${id} running`]);
    expect(await described(world, [id])).toEqual([`${id} running`]);
  });

  it("forgets a machine that EC2 never shows", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 900_000 } });
    const [id = ""] = await launched(world);
    await world.clock.advance(299_000);
    expect(await described(world, [id])).toEqual([`${id} pending`]);
    await world.clock.advance(1_001);
    expect(await described(world, [id])).toEqual(["unknown"]);
  });

  it("answers null for a terminated machine, and says why another one ended", async () => {
    await using world = await ec2World();
    const [terminated = "", ended = ""] = await launched(world, "batch", 2);
    await world.open().terminate([terminated], signal);
    world.region.endInstance(ended, {
      code: "Client.VolumeLimitExceeded",
      message: "Client.VolumeLimitExceeded: Volume limit exceeded",
    });
    const [first, second] = await world.adapter.describe([terminated, ended], signal);
    expect(first).toBe(null);
    expect(second).toMatchObject({
      state: "ended",
      end: {
        exitCode: null,
        message: "Client.VolumeLimitExceeded: Volume limit exceeded",
        reason: "QUOTA_EXCEEDED",
      },
    });
  });

  it("throws errors that do not concern single ids", async () => {
    await using world = await ec2World();
    const [id = ""] = await launched(world);
    world.ec2.deny("ec2:DescribeInstances", EC2_ACCOUNT);
    const error = await caughtError(() => world.adapter.describe([id], signal));
    expect(error).toMatchObject({
      reason: "CLOUD_PERMISSION_DENIED",
      metadata: { action: "ec2:DescribeInstances" },
    });
  });
});

describe("terminating instances", () => {
  const done = (ids: readonly string[]) => ids.map((id) => ({ id, outcome: "terminated" }));
  const states = ({ region }: Ec2World) => region.instances().map(({ state }) => state);

  it("is one call for many, with an outcome for each id, known or not", async () => {
    await using world = await ec2World();
    const ids = await launched(world, "batch", 5);
    const asked = [...ids, "i-short"];
    expect(await world.adapter.terminate(asked, signal)).toEqual(done(asked));
    expect(requested(world, "TerminateInstances")).toEqual([5]);
    await world.clock.advance(2 * 3_600_000);
    expect(await world.adapter.terminate([...ids, UNKNOWN], signal)).toEqual(
      [...ids, UNKNOWN].map((id) => ({ id, outcome: "unknown" })),
    );
    expect(new Set(states(world))).toEqual(new Set(["terminated"]));
  });

  it("terminates the others if EC2 does not know one of them", async () => {
    await using world = await ec2World();
    const [first = "", second = ""] = await launched(world, "batch", 2);
    const asked = [first, UNKNOWN, second];
    const outcomes = await world.adapter.terminate(asked, signal);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["terminated", "unknown", "terminated"]);
    expect(states(world)).toEqual(["terminated", "terminated"]);
  });

  it.each([
    ["names", "The instance 'ID' may not be terminated."],
    ["does not name", "One of them may not be terminated."],
  ])("terminates the others if a refusal %s the protected one", async (_what, message) => {
    await using world = await ec2World();
    const ids = await launched(world, "batch", 6);
    const protectedId = ids[4] ?? "";
    world.ec2.fault({
      kind: "error",
      code: "OperationNotPermitted",
      message: message.replace("ID", protectedId),
      action: "TerminateInstances",
      times: 1,
    });
    const outcomes = await world.adapter.terminate(ids, signal);
    const failures = outcomes.filter(({ outcome }) => outcome === "failed");
    expect(failures.map(({ id }) => id)).toEqual(message.includes("ID") ? [protectedId] : []);
    const terminated = states(world).filter((state) => state === "shutting-down");
    expect(terminated.length).toBe(message.includes("ID") ? 5 : 6);
  });

  it("finds the one protected machine among many by halving", async () => {
    await using world = await ec2World();
    const ids = await launched(world, "batch", 8);
    const refused = ids[3] ?? "";
    const error = { kind: "error", code: "OperationNotPermitted", message: "no" } as const;
    // Refused in turn: all eight, the first four, the third and fourth, the fourth.
    for (const skip of [0, 0, 1, 2])
      world.ec2.fault({ ...error, action: "TerminateInstances", skip, times: 1 });
    const outcomes = await world.adapter.terminate(ids, signal);
    expect(outcomes.filter(({ outcome }) => outcome === "failed").map(({ id }) => id)).toEqual([
      refused,
    ]);
    expect(states(world).filter((state) => state === "running" || state === "pending")).toEqual([
      "pending",
    ]);
  });

  it("reports a throttle for all of them, without retrying one by one", async () => {
    await using world = await ec2World();
    const ids = await launched(world, "batch", 3);
    world.ec2.fault({ kind: "throttle", action: "TerminateInstances" });
    const outcomes = await world.adapter.terminate(ids, signal);
    expect(outcomes).toMatchObject(
      ids.map((id) => ({
        id,
        outcome: "failed",
        error: { reason: "CLOUD_RATE_LIMITED", retry: "same-token" },
      })),
    );
    expect(new Set(requested(world, "TerminateInstances"))).toEqual(new Set([3]));
  });

  it("waits for a machine that it just launched instead of leaving it running", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 3_000 } });
    const [id = ""] = await launched(world);
    expect(await world.adapter.terminate([id], signal)).toEqual(done([id]));
    expect(states(world)).toEqual(["shutting-down"]);
    expect(await described(world, [id])).toEqual([null]);
  });

  it("retries for a machine that another process may have just launched", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 1_200 } });
    const [id = ""] = await launched(world);
    expect(await world.open().terminate([id], signal)).toEqual(done([id]));
    expect(states(world)).toEqual(["shutting-down"]);
  });

  it("does not report a new machine as terminated while EC2 does not show it", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 900_000 } });
    const [id = ""] = await launched(world);
    expect(await world.adapter.terminate([id], signal)).toMatchObject([
      { id, outcome: "failed", error: { reason: "CLOUD_UNAVAILABLE", retry: "same-token" } },
    ]);
  });

  it("no longer shows a machine that it terminated, although EC2 still shows it as running", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 3_000 } });
    const [id = ""] = await launched(world);
    await world.clock.advance(60_000);
    expect(await world.adapter.terminate([id], signal)).toEqual(done([id]));
    expect(await described(world, [id], world.open())).toEqual([`${id} running`]);
    expect(await described(world, [id])).toEqual([null]);
    expect(await world.adapter.list("ledger-1", signal)).toEqual([]);
  });

  it("stops waiting when the signal is aborted", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 900_000 } });
    const [id = ""] = await launched(world);
    const controller = new AbortController();
    const refusal = world.ec2.fault({
      kind: "error",
      code: "InvalidInstanceID.NotFound",
      message: "not found",
      action: "TerminateInstances",
    });
    const terminating = world.adapter.terminate([id], controller.signal);
    await refusal.reached;
    controller.abort();
    expect((await caughtError(() => terminating)).code).toBe("CANCELLED");
  });
});

describe("listing instances", () => {
  it("reads all pages of exactly one owner's machines", async () => {
    await using world = await ec2World();
    const ids = await launched(world, "batch", 1_000);
    const more = await launched(world, "more", 30);
    const plan = ec2Plan(world.region);
    for (const owner of ["ledger-10", "ledger-*", String.raw`ledger-\1`])
      await world.adapter.launch(
        ec2Launch(plan, owner, { ownership: { ...ec2Launch(plan, owner).ownership, owner } }),
        signal,
      );
    const machines = await world.open().list("ledger-1", signal);
    expect(new Set(machines.map(({ id }) => id))).toEqual(new Set([...ids, ...more]));
    expect(world.sent("DescribeInstances").length).toBe(2);
    const [starred, ...others] = await world.adapter.list("ledger-*", signal);
    expect(others).toEqual([]);
    expect(starred?.ownership?.owner).toBe("ledger-*");
    expect((await world.adapter.list(String.raw`ledger-\1`, signal)).length).toBe(1);
  });

  it("leaves out machines that are ending", async () => {
    await using world = await ec2World();
    const [ended = "", live = ""] = await launched(world, "batch", 2);
    await world.open().terminate([ended], signal);
    const machines = await world.adapter.list("ledger-1", signal);
    expect(machines.map(({ id }) => id)).toEqual([live]);
  });

  it("includes a machine that it just launched before EC2 shows it", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 3_000 } });
    const [id] = await launched(world);
    const machines = await world.adapter.list("ledger-1", signal);
    expect(machines).toMatchObject([{ id, state: "pending", ownership: { spawnId: "spawn-1" } }]);
    expect(await world.adapter.list("ledger-2", signal)).toEqual([]);
  });

  it("throws if a page cannot be read", async () => {
    await using world = await ec2World();
    await launched(world, "batch", 1_000);
    await launched(world, "more", 30);
    world.ec2.fault({
      kind: "error",
      code: "InvalidNextToken",
      action: "DescribeInstances",
      skip: 1,
    });
    const error = await caughtError(() => world.adapter.list("ledger-1", signal));
    expect(error.reason).toBe("CLOUD_REQUEST_REFUSED");
  });
});
