import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isOfLaunch,
  labelFilter,
  machineLabels,
  ownershipOf,
} from "../../../../adapters/gce/labels.ts";
import { gceLaunch } from "../../../support/gce-launches.ts";

const NAME = "spawn-1-0123456789abcdef";
const labelValue = fc.stringMatching(/^[a-z0-9_-]{1,63}$/);

describe("machineLabels", () => {
  it("says whose the machine is, which launch made it, and for which spawn", () => {
    const launch = gceLaunch("spawn-1");
    expect(machineLabels(launch, { team: "red" })).toEqual({
      team: "red",
      "slipway-owner": "ledger-1",
      "slipway-tenant": "acme",
      "slipway-workspace": "agent-dev",
      "slipway-launch": launch.ownership.launchId,
      "slipway-plan": launch.plan.planId.slice("sha256:".length, "sha256:".length + 63),
      "slipway-spawn": "spawn-1",
    });
  });

  it("names no spawn on the machines of several", () => {
    const labels = machineLabels(gceLaunch("batch", { spawnIds: ["b-0", "b-1"] }), {});
    expect(Object.keys(labels)).not.toContain("slipway-spawn");
  });

  it("copies the labels that all spawns share, as far as Compute Engine accepts them", () => {
    const launch = gceLaunch("batch", { spawnIds: ["b-0", "b-1"] });
    const shared = {
      team: "a",
      empty: "",
      Upper: "x",
      dotted: "v1.2",
      upper: "X",
      "a.b": "x",
      "example.com/x": "y",
      "goog-x": "y",
      "0": "x",
    };
    const members = launch.members.map((member, index) => ({
      ...member,
      labels: { ...shared, task: String(index) },
    }));
    const labels = machineLabels({ ...launch, members }, { zone: "z" });
    const copied = Object.entries(labels).filter(([key]) => !key.startsWith("slipway-"));
    expect(Object.fromEntries(copied)).toEqual({ team: "a", empty: "", zone: "z" });
  });

  it("copies no more labels than Compute Engine allows", () => {
    const named = (count: number, prefix: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, "x"]));
    const launch = gceLaunch("spawn-1");
    const members = launch.members.map((member) => ({ ...member, labels: named(16, "label") }));
    for (const placement of [0, 42, 50, 58]) {
      const labels = machineLabels({ ...launch, members }, named(placement, "own"));
      expect(Object.keys(labels)).toHaveLength(Math.min(placement + 16 + 6, 64));
    }
  });

  it("lets no placement speak for Slipway", () => {
    const launch = gceLaunch("spawn-1");
    const own = { "slipway-owner": "somebody", "slipway-else": "x" };
    expect(machineLabels(launch, own)).toEqual(machineLabels(launch, {}));
  });

  it("is read back as it was written, whatever the values", () => {
    const ownership = fc.record({
      owner: labelValue,
      tenant: labelValue,
      workspace: labelValue,
      launchId: labelValue,
    });
    fc.assert(
      fc.property(ownership, (values) => {
        const launch = gceLaunch("spawn-1");
        const owned = { ...launch, ownership: { ...launch.ownership, ...values } };
        const labels = machineLabels(owned, {});
        const planId = launch.plan.planId.slice("sha256:".length, "sha256:".length + 63);
        expect(ownershipOf(labels, NAME)).toEqual({ ...values, planId, spawnId: "spawn-1" });
        expect(isOfLaunch(labels, owned.ownership)).toBe(true);
      }),
    );
  });

  it("refuses what a label cannot hold, and changes nothing", () => {
    const unfit = fc.oneof(
      fc.constantFrom("", "Upper", "a.b", "a:b", "ä", "a b", "a\n", "x".repeat(64)),
      fc.string().filter((text) => !/^[a-z0-9_-]{1,63}$/.test(text)),
    );
    fc.assert(
      fc.property(
        unfit,
        fc.constantFrom("owner", "tenant", "workspace", "launchId"),
        (value, field) => {
          const launch = gceLaunch("spawn-1");
          const owned = { ...launch, ownership: { ...launch.ownership, [field]: value } };
          expect(() => machineLabels(owned, {})).toThrow(
            expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "TAG_INVALID" }),
          );
        },
      ),
    );
  });
});

describe("ownershipOf", () => {
  const labels = machineLabels(gceLaunch("batch", { spawnIds: ["b-0", "b-1"] }), {});

  it("takes the spawn of a batch's machine from its name", () => {
    expect(ownershipOf(labels, "b-1-0123456789abcdef")?.spawnId).toBe("b-1");
    expect(ownershipOf(labels, "renamed")?.spawnId).toBe(null);
  });

  it.each([
    "slipway-owner",
    "slipway-tenant",
    "slipway-workspace",
    "slipway-launch",
    "slipway-plan",
  ])("is null without %s", (name) => {
    const { [name]: _left, ...rest } = labels;
    expect(ownershipOf(rest, NAME)).toBe(null);
    expect(ownershipOf({ ...rest, [name]: "" }, NAME)).toBe(null);
  });

  it("does not take an object's own fields for labels", () => {
    expect(ownershipOf({}, "constructor")).toBe(null);
  });
});

describe("isOfLaunch", () => {
  const { ownership } = gceLaunch("spawn-1");
  const labels = machineLabels(gceLaunch("spawn-1"), {});

  it("distinguishes another owner's launch and this owner's other launches", () => {
    expect(isOfLaunch(labels, ownership)).toBe(true);
    expect(isOfLaunch(labels, { ...ownership, owner: "ledger-2" })).toBe(false);
    expect(isOfLaunch(labels, { ...ownership, launchId: "f".repeat(32) })).toBe(false);
    expect(isOfLaunch({}, ownership)).toBe(false);
  });
});

describe("labelFilter", () => {
  it("asks for one value, and never for more than the value says", () => {
    expect(labelFilter("slipway-owner", "ledger-1")).toBe('labels.slipway-owner = "ledger-1"');
    for (const value of ["", "*", 'a" OR name = "b', "A", "x".repeat(64)])
      expect(labelFilter("slipway-owner", value)).toBe(null);
  });
});
