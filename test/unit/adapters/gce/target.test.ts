import { describe, expect, it } from "vitest";
import { settingsAt } from "../../../../adapters/gce/settings.ts";
import { gcpTarget, subnetOf } from "../../../../adapters/gce/target.ts";
import { caughtError } from "../../../support/caught.ts";
import { gcePlan, gcpTarget as targetOf } from "../../../support/gce-launches.ts";
import { samplePlan } from "../../../support/sample-plan.ts";

describe("a plan's target", () => {
  it("is that of a placement on Compute Engine, and of no other", async () => {
    const plan = gcePlan();
    expect(gcpTarget(plan)).toBe(plan.target);
    const error = await caughtError(() => gcpTarget(samplePlan()));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "SUBSTRATE_MISMATCH" });
  });
});

describe("a placement's subnet", () => {
  it.each([
    [{ subnet: "default" }, "agents", "us-central1", "default"],
    [{ subnet: "default", networkProject: "hub" }, "hub", "us-central1", "default"],
    [{ subnet: "regions/us-east1/subnetworks/s" }, "agents", "us-east1", "s"],
    [{ subnet: "regions/us-east1/subnetworks/s", networkProject: "hub" }, "hub", "us-east1", "s"],
    [{ subnet: "projects/x.com:net/regions/us-east1/subnetworks/s" }, "x.com:net", "us-east1", "s"],
  ] as const)("%j is read", (change, project, region, name) => {
    expect(subnetOf(targetOf(change))).toEqual({ project, region, name });
  });

  it.each(["a/b", "projects/p/global/networks/n", "projects/p/zones/z/subnetworks/s"])(
    "%s is none",
    async (subnet) => {
      const error = await caughtError(() => subnetOf(targetOf({ subnet })));
      expect(error.reason).toBe("SUBNET_NOT_FOUND");
    },
  );
});

describe("a plan's settings", () => {
  const instance = { diskSizeGb: 20, diskType: "pd-ssd", subnetwork: "projects/p/…" };

  it("are read back", () => {
    expect(settingsAt(gcePlan({ settings: { instance } }), {})).toEqual(instance);
  });

  it("are those of the candidate's machine type, with what all types share", () => {
    const otherTypes = [{ machineType: "n4-standard-2", diskType: "hyperdisk-balanced" }];
    const first = { ...instance, onHostMaintenance: "TERMINATE" };
    const plan = gcePlan({ settings: { instance: { ...first, otherTypes } } });
    expect(settingsAt(plan, { machineType: "g2-standard-4" })).toEqual(first);
    const other = { ...instance, diskType: "hyperdisk-balanced" };
    expect(settingsAt(plan, { machineType: "n4-standard-2" })).toEqual(other);
  });

  it.each([
    {},
    { instance: {} },
    { instance: { ...instance, diskSizeGb: "20" } },
    { instance: { ...instance, more: 1 } },
    { instance: { ...instance, subnetwork: "" } },
  ])("as %j are refused", async (settings) => {
    const error = await caughtError(() => settingsAt(gcePlan({ settings }), {}));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_PLAN" });
  });
});
