import { createRequire } from "node:module";
import type * as Ec2 from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { INSTANCE_MEMBERS } from "../../../../../adapters/aws/machine.ts";
import { leaveMembers } from "../../../../../adapters/aws/client/sdk-members.ts";
import { ec2Sdk } from "../../../../../adapters/aws/client/sdk.ts";
import { startEc2 } from "../../../../../testing/ec2/index.ts";

const require = createRequire(import.meta.url);

describe("leaveMembers", () => {
  const structure = () => [3, "space", "Machine", 0, ["A", "B", "C", "D"], ["a", "b", "c", "d"]];

  it("leaves the members that are read, each with its schema, in their order", () => {
    const schema = structure();
    leaveMembers(schema, ["D", "B"]);
    expect(schema).toEqual([3, "space", "Machine", 0, ["B", "D"], ["b", "d"]]);
    leaveMembers(schema, ["D", "B"]);
    expect(schema).toEqual([3, "space", "Machine", 0, ["B", "D"], ["b", "d"]]);
  });

  it.each([
    ["a member that is read is not there", structure(), ["A", "E"]],
    ["there is more to it", [...structure(), 2], ["A"]],
    ["it is no structure", [1, ...structure().slice(1)], ["A"]],
    ["its members are no lists", [3, "space", "Machine", 0, "AB", "ab"], ["A"]],
    ["its lists do not fit together", [...structure().slice(0, 5), ["a"]], ["A"]],
  ])("leaves everything where %s", (_case, schema, read) => {
    const before = structuredClone(schema);
    leaveMembers(schema, read);
    expect(schema).toEqual(before);
  });

  it.each([undefined, null, "Machine", 3, {}])("leaves %s alone", (schema) => {
    expect(() => {
      leaveMembers(schema, ["A"]);
    }).not.toThrow();
  });
});

describe("an instance", () => {
  const whole: typeof Ec2 = require("@aws-sdk/client-ec2");

  it("is read as the whole SDK reads it, and nothing else of it", async () => {
    await using ec2 = await startEc2();
    const { images } = ec2.region("us-east-1");
    const options = {
      region: "us-east-1",
      endpoint: ec2.url,
      credentials: { accessKeyId: "000000000000", secretAccessKey: "test" },
    };
    const sdk = ec2Sdk();
    const [ours, theirs] = [new sdk.EC2Client(options), new whole.EC2Client(options)];
    const launched = await ours.send(
      new sdk.RunInstancesCommand({
        ImageId: images["x86_64"],
        InstanceType: "m7i.large",
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "one", Value: "1" }] }],
      }),
    );
    const described = await ours.send(new sdk.DescribeInstancesCommand({}));
    const known = await theirs.send(new whole.DescribeInstancesCommand({}));
    ours.destroy();
    theirs.destroy();
    const read = new Set<string>(INSTANCE_MEMBERS);
    const all = Object.entries(known.Reservations?.[0]?.Instances?.[0] ?? {});
    expect(all.length).toBeGreaterThan(2 * read.size);
    const expected = Object.fromEntries(all.filter(([name]) => read.has(name)));
    expect(expected).toMatchObject({ Architecture: "x86_64", Tags: [{ Key: "one" }] });
    expect(described.Reservations?.[0]?.Instances).toEqual([expected]);
    expect(launched.Instances?.[0]).toMatchObject({ ...expected, State: { Name: "pending" } });
    expect(Object.keys(launched.Instances?.[0] ?? {}).filter((name) => !read.has(name))).toEqual(
      [],
    );
  });
});
