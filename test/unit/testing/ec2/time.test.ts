import {
  CreateTagsCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, subject } from "./support.ts";

async function launch(it: Subject, change: object = {}): Promise<string> {
  const input = { ...launchOf(it.region), ...change };
  const reply = await it.client.send(new RunInstancesCommand(input));
  return reply.Instances?.[0]?.InstanceId ?? "";
}

async function stateOf(it: Subject, id: string): Promise<string | undefined> {
  const reply = await it.client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return reply.Reservations?.[0]?.Instances?.[0]?.State?.Name;
}

describe("an instance over time", () => {
  it("is pending for at most half a second by default", async () => {
    await using it = await subject();
    const id = await launch(it);
    expect(await stateOf(it, id)).toBe("pending");
    await it.clock.advance(500);
    expect(await stateOf(it, id)).toBe("running");
  });

  it("takes the configured time", async () => {
    await using it = await subject({ timing: { pendingMs: 20_000, endingMs: 10_000 } });
    const id = await launch(it);
    await it.clock.advance(19_999);
    expect(await stateOf(it, id)).toBe("pending");
    await it.clock.advance(1);
    expect(await stateOf(it, id)).toBe("running");
    await it.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await it.clock.advance(9999);
    expect(await stateOf(it, id)).toBe("shutting-down");
    await it.clock.advance(1);
    expect(await stateOf(it, id)).toBe("terminated");
  });

  it("has a public address and a console once it runs", async () => {
    await using it = await subject();
    const id = await launch(it);
    const look = () => it.client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const console = () => it.client.send(new GetConsoleOutputCommand({ InstanceId: id }));
    expect((await look()).Reservations?.[0]?.Instances?.[0]?.PublicIpAddress).toBeUndefined();
    expect((await console()).Output).toBeUndefined();
    await it.clock.advance(500);
    expect((await look()).Reservations?.[0]?.Instances?.[0]?.PublicIpAddress).toMatch(
      /^203\.0\.113\./,
    );
    expect((await console()).Output).toBeDefined();
    it.region.setConsole(id, "boot: done\n");
    expect(Buffer.from((await console()).Output ?? "", "base64").toString()).toBe("boot: done\n");
  });

  it("stops and starts, and rejects either in the wrong state", async () => {
    await using it = await subject();
    const InstanceIds = [await launch(it)];
    const [id = ""] = InstanceIds;
    expect(await codeOf(it.client.send(new StopInstancesCommand({ InstanceIds })))).toBe(
      "IncorrectInstanceState",
    );
    await it.clock.advance(500);
    const stopping = await it.client.send(new StopInstancesCommand({ InstanceIds }));
    expect(stopping.StoppingInstances?.[0]?.CurrentState?.Name).toBe("stopping");
    expect(await codeOf(it.client.send(new StartInstancesCommand({ InstanceIds })))).toBe(
      "IncorrectInstanceState",
    );
    await it.clock.advance(500);
    expect(await stateOf(it, id)).toBe("stopped");
    const starting = await it.client.send(new StartInstancesCommand({ InstanceIds }));
    expect(starting.StartingInstances).toMatchObject([
      { PreviousState: { Name: "stopped" }, CurrentState: { Name: "pending" } },
    ]);
    await it.clock.advance(500);
    expect(await stateOf(it, id)).toBe("running");
  });

  it("is listed by DescribeInstanceStatus while it runs, or always on request", async () => {
    await using it = await subject();
    const id = await launch(it);
    const ids = async (IncludeAllInstances: boolean) => {
      const reply = await it.client.send(
        new DescribeInstanceStatusCommand({ IncludeAllInstances }),
      );
      return reply.InstanceStatuses?.map((one) => [one.InstanceId, one.InstanceStatus?.Status]);
    };
    expect(await ids(false)).toEqual([]);
    expect(await ids(true)).toEqual([[id, "not-applicable"]]);
    await it.clock.advance(500);
    expect(await ids(false)).toEqual([[id, "ok"]]);
  });

  it("can be ended by EC2 itself, with a reason", async () => {
    await using it = await subject();
    const id = await launch(it);
    const reason = { code: "Client.VolumeLimitExceeded", message: "Volume limit exceeded" };
    it.region.endInstance(id, reason);
    const reply = await it.client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    expect(reply.Reservations?.[0]?.Instances?.[0]).toMatchObject({
      State: { Name: "terminated" },
      StateReason: { Code: reason.code, Message: reason.message },
    });
  });

  it("cannot be terminated while it is protected", async () => {
    await using it = await subject();
    const InstanceIds = [await launch(it, { DisableApiTermination: true })];
    expect(await codeOf(it.client.send(new TerminateInstancesCommand({ InstanceIds })))).toBe(
      "OperationNotPermitted",
    );
  });
});

describe("describes with a lag", () => {
  const timing = { describeLagMs: 3000, pendingMs: 1000, endingMs: 1000 };

  it("do not find a new machine by its id, tag, token or volume, nor can it be terminated", async () => {
    await using it = await subject({ timing });
    const tags = [{ Key: "a", Value: "b" }];
    const id = await launch(it, {
      ClientToken: "token",
      TagSpecifications: [{ ResourceType: "instance", Tags: tags }],
    });
    const InstanceIds = [id];
    const byFilter = async (Name: string, value: string): Promise<number> => {
      const Filters = [{ Name, Values: [value] }];
      const reply = await it.client.send(new DescribeInstancesCommand({ Filters }));
      return reply.Reservations?.length ?? 0;
    };
    const unseen = [
      new DescribeInstancesCommand({ InstanceIds }),
      new TerminateInstancesCommand({ InstanceIds }),
      new CreateTagsCommand({ Resources: InstanceIds, Tags: tags }),
    ];
    await it.clock.advance(2999);
    for (const command of unseen)
      expect(await codeOf(it.client.send(command as DescribeInstancesCommand))).toBe(
        "InvalidInstanceID.NotFound",
      );
    expect(await byFilter("tag:a", "b")).toBe(0);
    expect(await byFilter("client-token", "token")).toBe(0);
    expect((await it.client.send(new DescribeTagsCommand({}))).Tags).toEqual([]);
    expect((await it.client.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
    await it.clock.advance(1);
    expect(await stateOf(it, id)).toBe("pending");
    expect(await byFilter("tag:a", "b")).toBe(1);
    expect(await byFilter("client-token", "token")).toBe(1);
    expect((await it.client.send(new DescribeTagsCommand({}))).Tags).toHaveLength(1);
  });

  it("return older states", async () => {
    await using it = await subject({ timing });
    const id = await launch(it);
    await it.clock.advance(3999);
    expect(await stateOf(it, id)).toBe("pending");
    await it.clock.advance(1);
    expect(await stateOf(it, id)).toBe("running");
    await it.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(await stateOf(it, id)).toBe("running");
    await it.clock.advance(3000);
    expect(await stateOf(it, id)).toBe("shutting-down");
  });

  it("do not prevent a token from returning its machine", async () => {
    await using it = await subject({ timing });
    const first = await launch(it, { ClientToken: "token" });
    expect(await launch(it, { ClientToken: "token" })).toBe(first);
  });
});
