import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  launchTags,
  ownershipOf,
  tagSpecifications,
  TAGS,
} from "../../../../adapters/aws/labels.ts";
import { ec2Launch, ec2Plan } from "../../../support/ec2-launch.ts";

const NETWORK = {
  images: { x86_64: "ami-0123456789abcdef0", arm64: "ami-0123456789abcdef1" },
  subnets: { "us-east-1a": "subnet-0123456789abcdef0" },
  securityGroupId: "sg-0123456789abcdef0",
};
const PLAN = ec2Plan(NETWORK);

const text = fc.string({ minLength: 1, maxLength: 20 });
const own = fc.dictionary(text, fc.string({ maxLength: 20 }));

describe("launchTags", () => {
  it("names the owner of a machine and, in a launch of one, its spawn", () => {
    const launch = ec2Launch(PLAN, "spawn-1");
    expect(launchTags(launch, { team: "red", "cost:center": "7" })).toEqual([
      { Key: "cost:center", Value: "7" },
      { Key: "team", Value: "red" },
      { Key: "slipway:owner", Value: "ledger-1" },
      { Key: "slipway:tenant", Value: "acme" },
      { Key: "slipway:workspace", Value: "agent-dev" },
      { Key: "slipway:spawn", Value: "spawn-1" },
      { Key: "slipway:launch", Value: launch.token.slice(0, 32) },
      { Key: "slipway:plan", Value: PLAN.planId },
    ]);
  });

  it("names no spawn in a batch, whose machines all have the same tags", () => {
    const keys = launchTags(ec2Launch(PLAN, "batch", { count: 2 }), {}).map(({ Key }) => Key);
    expect(keys).toEqual(Object.values(TAGS).filter((key) => key !== TAGS.spawn));
  });

  it("copies the labels that all spawns share, as far as EC2 accepts them", () => {
    const launch = ec2Launch(PLAN, "batch", { count: 2 });
    const labels = [
      { team: "a", task: "1", "example.com/x": "y", empty: "", A: "v1.2" },
      { A: "v1.2", empty: "", task: "2", team: "a", "example.com/x": "y" },
    ];
    const members = launch.members.map((member, index) => ({
      ...member,
      labels: labels[index] ?? {},
    }));
    const tags = launchTags({ ...launch, members }, { zone: "z" });
    expect(tags.filter(({ Key = "" }) => !Key.startsWith("slipway:"))).toEqual([
      { Key: "A", Value: "v1.2" },
      { Key: "empty", Value: "" },
      { Key: "team", Value: "a" },
      { Key: "zone", Value: "z" },
    ]);
    // A tag whose key has a slash cannot be in the instance metadata.
    const [first] = members;
    const alone = launchTags({ ...launch, members: first === undefined ? [] : [first] }, {});
    expect(alone).toContainEqual({ Key: "task", Value: "1" });
    expect(alone.map(({ Key }) => Key)).not.toContain("example.com/x");
    const metadataOptions = { instanceMetadataTags: "disabled" } as const;
    expect(launchTags({ ...launch, members }, {}, { metadataOptions })).toContainEqual({
      Key: "example.com/x",
      Value: "y",
    });
  });

  it("copies no more labels than a resource may have tags, with one to keep a volume", () => {
    const named = (count: number, prefix: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, "x"]));
    const launch = ec2Launch(PLAN, "spawn-1");
    const members = launch.members.map((member) => ({ ...member, labels: named(16, "label") }));
    for (const placement of [0, 27, 30, 43]) {
      const tags = launchTags({ ...launch, members }, named(placement, "tag"));
      expect(tags).toHaveLength(Math.min(placement + 16, 43) + 6);
    }
  });

  it("does not let a placement's tags forge the ownership", () => {
    fc.assert(
      fc.property(own, text, (tags, name) => {
        const forged = { ...tags, [`slipway:${name}`]: "forged", [TAGS.owner]: "another owner" };
        const launch = ec2Launch(PLAN, "spawn-1");
        const made = launchTags(launch, forged);
        expect(ownershipOf(made)).toEqual({ ...launch.ownership, spawnId: "spawn-1" });
        expect(made).toEqual(launchTags(launch, tags));
        expect(new Set(made.map(({ Key }) => Key)).size).toBe(made.length);
      }),
    );
  });

  it("uses only characters that EC2 accepts, even in tags that a machine can read itself", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);
    fc.assert(
      fc.property(name, name, name, (tenant, workspace, spawnId) => {
        const launch = ec2Launch(PLAN, spawnId);
        const ownership = { ...launch.ownership, tenant, workspace };
        for (const { Key, Value } of launchTags({ ...launch, ownership }, {})) {
          // No space and no slash: EC2 refuses a launch whose tags in the instance metadata have such keys.
          expect(Key).toMatch(/^(?!aws:)[\w+\-=.,:@]{1,128}$/);
          expect(Value).toMatch(/^[\w +\-=.:/@]{1,256}$/);
        }
      }),
    );
  });

  it("is the same for the same tags in another order", () => {
    fc.assert(
      fc.property(own, (tags) => {
        const launch = ec2Launch(PLAN);
        const reversed = Object.fromEntries(Object.entries(tags).toReversed());
        expect(launchTags(launch, reversed)).toEqual(launchTags(launch, tags));
      }),
    );
  });
});

describe("tagSpecifications", () => {
  it("tags every resource that a launch creates", () => {
    const tags = [{ Key: "a", Value: "b" }];
    const always = [
      { ResourceType: "instance", Tags: tags },
      { ResourceType: "volume", Tags: tags },
      { ResourceType: "network-interface", Tags: tags },
    ];
    const keepsVolumes = false;
    expect(tagSpecifications(tags, { keepsVolumes })).toEqual(always);
    expect(tagSpecifications(tags, { keepsVolumes, market: "on-demand" })).toEqual(always);
    expect(tagSpecifications(tags, { keepsVolumes, market: "spot" })).toEqual([
      ...always,
      { ResourceType: "spot-instances-request", Tags: tags },
    ]);
  });

  it("marks only volumes that a sweep must leave alone", () => {
    const tags = [{ Key: "a", Value: "b" }];
    const kept = [...tags, { Key: "slipway:keep", Value: "true" }];
    expect(tagSpecifications(tags, { keepsVolumes: true })).toEqual([
      { ResourceType: "instance", Tags: tags },
      { ResourceType: "volume", Tags: kept },
      { ResourceType: "network-interface", Tags: tags },
    ]);
  });
});

describe("ownershipOf", () => {
  it("is null if one of Slipway's tags is missing", () => {
    const whole = launchTags(ec2Launch(PLAN), {});
    expect(ownershipOf(whole)).not.toBe(null);
    for (const { Key } of whole.filter(({ Key: key }) => key !== TAGS.spawn))
      expect(ownershipOf(whole.filter((tag) => tag.Key !== Key))).toBe(null);
    expect(ownershipOf(undefined)).toBe(null);
    expect(ownershipOf(whole.filter(({ Key }) => Key !== TAGS.spawn))?.spawnId).toBe(null);
  });
});
