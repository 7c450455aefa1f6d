import type { DescribeVolumesCommandInput, Tag } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { leftoverVerbs } from "../../../../../adapters/aws/machines/leftovers.ts";
import type { LeftoverPorts } from "../../../../../adapters/aws/machines/leftovers.ts";
import type { Leftover } from "../../../../../src/substrate/contract.ts";

const { signal } = new AbortController();
const OWNERSHIP = {
  owner: "ledger-1",
  tenant: "acme",
  workspace: "agent-dev",
  launchId: "a".repeat(32),
  planId: "sha256:1",
  spawnId: null,
};
const VOLUME: Leftover = { id: "vol-1", kind: "volume", place: "us-east-1a", ownership: OWNERSHIP };
const INTERFACE: Leftover = { ...VOLUME, id: "eni-1", kind: "network-interface" };

function tagsOf(owner = "ledger-1", more: readonly Tag[] = []): Tag[] {
  const { tenant, workspace, launchId, planId } = OWNERSHIP;
  const tags = { owner, tenant, workspace, launch: launchId, plan: planId };
  return [
    ...Object.entries(tags).map(([key, Value]) => ({ Key: `slipway:${key}`, Value })),
    ...more,
  ];
}

function volume(VolumeId: string, Tags: Tag[] = tagsOf()) {
  return { VolumeId, AvailabilityZone: "us-east-1a", Tags };
}

/** Verbs on an account without leftovers, with the given calls instead. */
function verbs(calls: Partial<LeftoverPorts["api"]>) {
  return leftoverVerbs({
    api: {
      region: "us-east-1",
      describeVolumes: async () => ({ $metadata: {} }),
      describeNetworkInterfaces: async () => ({ $metadata: {} }),
      deleteVolume: async () => undefined,
      deleteNetworkInterface: async () => undefined,
      ...calls,
    },
  });
}

function refusal(code: string): Error {
  return Object.assign(new Error(code), { name: code, $metadata: { httpStatusCode: 400 } });
}

describe("listing leftovers", () => {
  it("reads all pages of what is attached to nothing", async () => {
    const asked: DescribeVolumesCommandInput[] = [];
    const at = verbs({
      async describeVolumes(input) {
        asked.push(input);
        return input.NextToken === undefined
          ? { $metadata: {}, Volumes: [volume("vol-1")], NextToken: "more" }
          : { $metadata: {}, Volumes: [volume("vol-2")] };
      },
      describeNetworkInterfaces: async () => ({
        $metadata: {},
        NetworkInterfaces: [
          { NetworkInterfaceId: "eni-1", AvailabilityZone: "us-east-1a", TagSet: tagsOf() },
        ],
      }),
    });
    expect(await at.list("ledger-1", signal)).toEqual([
      VOLUME,
      { ...VOLUME, id: "vol-2" },
      INTERFACE,
    ]);
    const filters = [
      { Name: "tag:slipway:owner", Values: ["ledger-1"] },
      { Name: "status", Values: ["available"] },
    ];
    expect(asked).toEqual([
      { Filters: filters, MaxResults: 500 },
      { Filters: filters, MaxResults: 500, NextToken: "more" },
    ]);
  });

  it("leaves out what is kept, another owner's, or not Slipway's", async () => {
    const kept = [{ Key: "slipway:keep", Value: "true" }];
    const Volumes = [
      volume("vol-1", tagsOf("ledger-1", kept)),
      volume("vol-2", tagsOf("ledger-2")),
      volume("vol-3", [{ Key: "slipway:owner", Value: "ledger-1" }]),
    ];
    const at = verbs({ describeVolumes: async () => ({ $metadata: {}, Volumes }) });
    expect(await at.list("ledger-1", signal)).toEqual([]);
  });

  it("fails instead of returning an incomplete list", async () => {
    const at = verbs({
      async describeVolumes({ NextToken }) {
        if (NextToken !== undefined) throw refusal("InternalError");
        return { $metadata: {}, Volumes: [volume("vol-1")], NextToken: "more" };
      },
    });
    await expect(at.list("ledger-1", signal)).rejects.toMatchObject({
      name: "SlipwayError",
      message: expect.stringContaining("DescribeVolumes"),
    });
  });
});

describe("removing leftovers", () => {
  it("deletes each with its own call, and returns their outcomes in order", async () => {
    const deleted: string[] = [];
    const at = verbs({
      deleteVolume: async (id) => void deleted.push(`volume ${id}`),
      deleteNetworkInterface: async (id) => void deleted.push(`interface ${id}`),
    });
    expect(await at.remove([INTERFACE, VOLUME], signal)).toEqual([
      { id: "eni-1", outcome: "terminated" },
      { id: "vol-1", outcome: "terminated" },
    ]);
    expect(deleted).toEqual(["interface eni-1", "volume vol-1"]);
  });

  it.each(["InvalidVolume.NotFound", "InvalidNetworkInterfaceID.NotFound"])(
    "succeeds if it is gone already: %s",
    async (code) => {
      const gone = () => Promise.reject(refusal(code));
      const at = verbs({ deleteVolume: gone, deleteNetworkInterface: gone });
      const outcomes = await at.remove([VOLUME, INTERFACE], signal);
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(["terminated", "terminated"]);
    },
  );

  it("fails for one that is attached again, and removes the others", async () => {
    const at = verbs({ deleteVolume: () => Promise.reject(refusal("VolumeInUse")) });
    expect(await at.remove([VOLUME, INTERFACE], signal)).toMatchObject([
      { id: "vol-1", outcome: "failed", error: { message: expect.stringContaining("vol-1") } },
      { id: "eni-1", outcome: "terminated" },
    ]);
  });

  it("stops when the signal is aborted", async () => {
    const at = verbs({});
    await expect(at.remove([VOLUME], AbortSignal.abort())).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });
});
