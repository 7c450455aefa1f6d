import { describe, expect, it } from "vitest";
import { diskReply, operationReply } from "../../../../../adapters/gce/client/replies.ts";
import { launchMachines } from "../../../../../adapters/gce/launch/launch.ts";
import type { LaunchPorts } from "../../../../../adapters/gce/launch/launch-context.ts";
import { memberNames } from "../../../../../adapters/gce/launch/launch-request.ts";
import { gceLaunch, gcePlan } from "../../../../support/gce-launches.ts";

const SUBNETWORK = "projects/agents/regions/us-central1/subnetworks/default";
const PLAN = gcePlan({
  settings: { instance: { diskSizeGb: null, diskType: null, subnetwork: SUBNETWORK } },
});
const LAUNCH = gceLaunch("many", { plan: PLAN, spawnIds: ["one", "two"] });
const [ONE = "", TWO = ""] = memberNames(LAUNCH);
const DONE = { name: "operation-1", status: "DONE", operationGroupId: "group-1" };

/** The outcomes of a bulk insert that has created the first machine, by the operation of the second. */
async function outcomesWith(second: readonly object[]) {
  const unexpected = () => Promise.reject(new Error("this launch needs no such call"));
  const members = [{ ...DONE, targetLink: `instances/${ONE}` }, ...second];
  const api: LaunchPorts["api"] = {
    bulkInsertInstances: async () => operationReply.parse(DONE),
    operations: async () => members.map((one) => operationReply.parse(one)),
    disks: async () => [diskReply.parse({ name: ONE, sourceImageId: "4242" })],
    deleteInstance: unexpected,
    disk: unexpected,
    insertInstance: unexpected,
    instance: unexpected,
    instances: unexpected,
    waitForOperation: unexpected,
  };
  return await launchMachines({ api, sleep: unexpected }, LAUNCH, new AbortController().signal);
}

describe("a bulk insert that has created fewer machines than it was asked for", () => {
  it.each([
    ["a rate limit", "RESOURCE_OPERATION_RATE_EXCEEDED", "CLOUD_RATE_LIMITED", "launch"],
    ["a resource that is not ready", "RESOURCE_NOT_READY", "CLOUD_UNAVAILABLE", "launch"],
    ["a lack of room", "ZONE_RESOURCE_POOL_EXHAUSTED", "INSUFFICIENT_CAPACITY", "type-in-zone"],
    ["a quota", "QUOTA_EXCEEDED", "QUOTA_EXCEEDED", "type-in-market"],
    ["a failure of its own", "INTERNAL_ERROR", "CLOUD_UNAVAILABLE", "zone"],
  ])("leaves the others to another launch, after %s", async (_why, code, reason, blastRadius) => {
    const error = { errors: [{ code, message: "words" }] };
    const outcomes = await outcomesWith([{ ...DONE, targetLink: `instances/${TWO}`, error }]);
    expect(outcomes).toMatchObject([
      { outcome: "accepted" },
      { outcome: "rejected", error: { reason, blastRadius, retry: "next-candidate" } },
    ]);
  });

  it("leaves them to another launch if Compute Engine does not say why", async () => {
    expect(await outcomesWith([])).toMatchObject([
      { outcome: "accepted" },
      {
        outcome: "rejected",
        error: {
          reason: "CLOUD_UNAVAILABLE",
          message: `instance ${TWO} in us-central1-a was not made, and operation operation-1 does not say why`,
          blastRadius: "launch",
          retry: "next-candidate",
        },
      },
    ]);
  });
});
