import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { type FakeProcess, startFake } from "./support/fake-process.ts";

describe("slipway fake", () => {
  it.each([
    ["ec2", "SIGTERM"],
    ["ec2", "SIGINT"],
    ["gce", "SIGTERM"],
    ["gce", "SIGINT"],
  ] as const)("%s exits with 0 on %s", async (cloud, signal) => {
    await using fake = await startFake(cloud);
    expect(fake.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(fake.url);
    expect(response.status).toBeGreaterThanOrEqual(400);
    const { stdout, ...ended } = await fake.end(signal);
    expect(ended).toEqual({ exitCode: 0, signal: null, stderr: "" });
    expect(stdout.startsWith(`listening on ${fake.url}\n\nREGION `)).toBe(true);
  });

  it("drops a delayed reply when it ends", async () => {
    using folder = scratchFolder();
    const faults = join(folder.path, "faults.json");
    writeFileSync(faults, '{"faults": [{"kind": "slow_reply", "action": "zones.list"}]}');
    await using fake = await startFake("gce", "--faults", faults);
    const held = zonesOf(fake);
    await zonesOf(fake, "regions");
    const ended = fake.end("SIGTERM");
    await expect(held).rejects.toThrow("fetch failed");
    expect(await ended).toMatchObject({ exitCode: 0 });
  });
});

function zonesOf(fake: FakeProcess, list = "zones"): Promise<Response> {
  return fetch(`${fake.url}/compute/v1/projects/agents/${list}`, {
    headers: { Authorization: "Bearer x" },
  });
}

describe("slipway fake ec2 --state", () => {
  const clientOf = (fake: FakeProcess) =>
    new EC2Client({
      region: "eu-west-1",
      endpoint: fake.url,
      maxAttempts: 1,
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "x" },
    });
  const idsOf = async (fake: FakeProcess) => {
    const reply = await clientOf(fake).send(new DescribeInstancesCommand({}));
    return (reply.Reservations ?? []).flatMap(({ Instances = [] }) =>
      Instances.map(({ InstanceId = "" }) => InstanceId),
    );
  };

  it("recognises a launch again after it was killed before it could reply", async () => {
    using folder = scratchFolder();
    const state = join(folder.path, "state.json");
    const faults = join(folder.path, "faults.json");
    // The reply to the launch never comes.
    writeFileSync(faults, '{"faults": [{"kind": "slow_reply", "action": "RunInstances"}]}');
    let made: readonly string[] = [];
    const launch = (fake: FakeProcess, change: object = {}) =>
      clientOf(fake).send(new RunInstancesCommand({ ...request, ...change }));
    const request = {
      ImageId: "",
      InstanceType: "t3.micro" as const,
      MinCount: 1,
      MaxCount: 1,
      ClientToken: "once",
    };
    {
      await using first = await startFake("ec2", "--state", state, "--faults", faults);
      request.ImageId = await imageOf(first);
      const lost = launch(first).catch(() => "lost");
      while (made.length === 0) made = await idsOf(first);
      expect(await first.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
      expect(await lost).toBe("lost");
    }
    await using second = await startFake("ec2", "--state", state);
    expect(await idsOf(second)).toEqual(made);
    const again = await launch(second);
    expect(again.Instances?.map(({ InstanceId }) => InstanceId)).toEqual(made);
    await expect(launch(second, { InstanceType: "t3.small" })).rejects.toMatchObject({
      name: "IdempotentParameterMismatch",
    });
    expect(await idsOf(second)).toEqual(made);
  });

  async function imageOf(fake: FakeProcess): Promise<string> {
    const reply = await clientOf(fake).send(new DescribeImagesCommand({ Owners: ["amazon"] }));
    const image = reply.Images?.find(({ Architecture }) => Architecture === "x86_64");
    return image?.ImageId ?? "";
  }
});

describe("slipway fake gce --state", () => {
  const REQUEST_ID = "8f2b1c3d-1111-4222-8333-444455556666";
  const ZONE = "projects/agents/zones/us-central1-a";

  const ask = async (fake: FakeProcess, path: string, body?: object) => {
    const response = await fetch(`${fake.url}/compute/v1/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { Authorization: "Bearer x" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const document: unknown = await response.json();
    return { status: response.status, document };
  };
  const insert = (fake: FakeProcess, name = "one") =>
    ask(fake, `${ZONE}/instances?requestId=${REQUEST_ID}`, {
      name,
      machineType: `${ZONE}/machineTypes/e2-small`,
      disks: [
        {
          boot: true,
          initializeParams: { sourceImage: "projects/agents/global/images/family/debian-12" },
        },
      ],
      networkInterfaces: [{ network: "global/networks/default" }],
    });

  it("recognises a launch again after it was killed before it could reply", async () => {
    using folder = scratchFolder();
    const state = join(folder.path, "state.json");
    const faults = join(folder.path, "faults.json");
    writeFileSync(faults, '{"faults": [{"kind": "slow_reply", "action": "instances.insert"}]}');
    let made: unknown = null;
    {
      await using first = await startFake("gce", "--state", state, "--faults", faults);
      const lost = insert(first).catch(() => "lost");
      while (made === null) {
        const { document } = await ask(first, `${ZONE}/instances/one?fields=id,creationTimestamp`);
        if (!Object.hasOwn(Object(document), "error")) made = document;
      }
      expect(await first.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
      expect(await lost).toBe("lost");
    }
    await using second = await startFake("gce", "--state", state);
    const found = () => ask(second, `${ZONE}/instances/one?fields=id,creationTimestamp`);
    expect(await found()).toEqual({ status: 200, document: made });
    expect(await insert(second)).toMatchObject({
      status: 200,
      document: { operationType: "insert", targetId: Object(made).id },
    });
    expect(await insert(second, "two")).toMatchObject({ status: 400 });
    const list = await ask(second, `${ZONE}/instances?fields=items/name`);
    expect(list.document).toEqual({ items: [{ name: "one" }] });
  });
});
