import {
  CreateTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeTagsCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

async function launch(it: Subject, change: object = {}): Promise<readonly string[]> {
  const input = { ...launchOf(it.region), ...change };
  const reply = await it.client.send(new RunInstancesCommand(input));
  return reply.Instances?.map(({ InstanceId }) => InstanceId ?? "") ?? [];
}

async function list(it: Subject, input: object): Promise<readonly string[]> {
  const reply = await it.client.send(new DescribeInstancesCommand(input));
  return (reply.Reservations ?? []).flatMap(
    ({ Instances }) => Instances?.map(({ InstanceId }) => InstanceId ?? "") ?? [],
  );
}

const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });

describe("pages of DescribeInstances", () => {
  it("return each instance once, even if others are added and removed in between", async () => {
    await using it = await subject();
    const before = await launch(it, { MinCount: 12, MaxCount: 12 });
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await it.client.send(
        new DescribeInstancesCommand({
          MaxResults: 5,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
      const ids = (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
      expect(ids.length).toBeLessThanOrEqual(5);
      seen.push(...ids.map(({ InstanceId }) => InstanceId ?? ""));
      if (token === undefined) await launch(it);
      token = page.NextToken;
    } while (token !== undefined);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([4, 1001])("reject a size of %i", async (MaxResults) => {
    await using it = await subject();
    expect(await codeOf(list(it, { MaxResults }))).toBe("InvalidParameterValue");
  });

  it("are rejected for a request with ids", async () => {
    await using it = await subject();
    const [id = ""] = await launch(it);
    expect(await codeOf(list(it, { InstanceIds: [id], MaxResults: 5 }))).toBe(
      "InvalidParameterCombination",
    );
  });

  it("continue only with a token of the same call, filters and region", async () => {
    await using it = await subject();
    await launch(it, { MinCount: 6, MaxCount: 6 });
    const { NextToken } = await it.client.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    expect(await list(it, { NextToken, MaxResults: 5 })).toHaveLength(1);
    const europe = it.clientFor({ region: "eu-west-1" });
    for (const sent of [
      list(it, { NextToken, ...filter("vpc-id", it.region.vpcId) }),
      list(it, { NextToken: "bm9uc2Vuc2U=" }),
      europe.send(new DescribeInstancesCommand({ NextToken })),
    ])
      expect(await codeOf(sent)).toBe("InvalidNextToken");
  });

  it("accept a thousand ids, but not one more", async () => {
    await using it = await subject({ rates: "off" });
    const ids = await launch(it, { MinCount: 1000, MaxCount: 1000 });
    expect(await list(it, { InstanceIds: ids })).toHaveLength(1000);
    expect(await refusal(list(it, { InstanceIds: [...ids, "i-00000000000000000"] }))).toMatchObject(
      {
        code: "InvalidParameterValue",
        message: expect.stringContaining("1000"),
      },
    );
  });
});

describe("filters", () => {
  it("match tags, states, tokens and places, with wildcards", async () => {
    await using it = await subject();
    const tagged = (Value: string) => ({
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "owner", Value }] }],
    });
    const [one = ""] = await launch(it, { ClientToken: "token-1", ...tagged("alice") });
    const [two = ""] = await launch(it, {
      ...tagged("albert*"),
      SubnetId: it.region.subnets["us-east-1c"],
    });
    const found: readonly (readonly [object, readonly string[]])[] = [
      [filter("tag:owner", "alice"), [one]],
      [filter("tag:owner", "al*"), [one, two]],
      [filter("tag:owner", "albert\\*"), [two]],
      [filter("tag:owner", "AL*"), []],
      [filter("tag:owner", "?lice", "carol"), [one]],
      [filter("tag-key", "owner"), [one, two]],
      [filter("client-token", "token-1"), [one]],
      [filter("instance-state-name", "running"), []],
      [filter("instance-state-name", "pending", "running"), [one, two]],
      [filter("availability-zone", "us-east-1c"), [two]],
      [filter("subnet-id", it.region.subnets["us-east-1c"] ?? ""), [two]],
      [
        {
          Filters: [...filter("tag-key", "owner").Filters, ...filter("tag:owner", "a*b*").Filters],
        },
        [two],
      ],
      [{ InstanceIds: [one], ...filter("tag:owner", "albert*") }, []],
    ];
    for (const [input, ids] of found) {
      expect((await list(it, input)).toSorted()).toEqual(ids.toSorted());
      await it.clock.advance(10);
    }
  });

  it.each(["owner", "tag", "__proto__", "constructor", "Tag:owner"])(
    "reject the unknown name %j",
    async (name) => {
      await using it = await subject();
      expect(await refusal(list(it, filter(name, "x")))).toMatchObject({
        code: "InvalidParameterValue",
        message: `The filter '${name}' is invalid`,
      });
    },
  );

  it("accept at most 200 values", async () => {
    await using it = await subject();
    const values = Array.from({ length: 201 }, (_, index) => `v${index}`);
    expect(await codeOf(list(it, filter("tag:owner", ...values)))).toBe("FilterLimitExceeded");
  });
});

describe("tags and attributes", () => {
  it("overwrite old tags, and are listed", async () => {
    await using it = await subject();
    const [id = ""] = await launch(it, {
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "a", Value: "1" }] }],
    });
    const Tags = [
      { Key: "a", Value: "2" },
      { Key: "b", Value: "<&>" },
    ];
    const shown = async () => {
      const found = await it.client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      return found.Reservations?.[0]?.Instances?.[0]?.Tags;
    };
    expect(await shown()).toEqual([{ Key: "a", Value: "1" }]);
    await it.client.send(new CreateTagsCommand({ Resources: [id], Tags }));
    expect(await shown()).toEqual(Tags);
    const reply = await it.client.send(new DescribeTagsCommand(filter("resource-id", id)));
    expect(reply.Tags).toEqual(
      Tags.map((tag) => ({ ...tag, ResourceId: id, ResourceType: "instance" })),
    );
    expect(it.region.instances()[0]?.tags).toEqual({ a: "2", b: "<&>" });
  });

  it("must be valid metadata keys if the metadata service exposes them", async () => {
    await using it = await subject();
    const [id = ""] = await launch(it, { MetadataOptions: { InstanceMetadataTags: "enabled" } });
    const tag = new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "a/b", Value: "" }] });
    expect(await codeOf(it.client.send(tag))).toBe("InvalidParameterValue");
  });

  it("return user data as sent", async () => {
    await using it = await subject();
    const UserData = Buffer.from("#cloud-config\n{}\n").toString("base64");
    const [id = ""] = await launch(it, { UserData });
    const reply = await it.client.send(
      new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: "userData" }),
    );
    expect(reply.UserData?.Value).toBe(UserData);
  });
});
