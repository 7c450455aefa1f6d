import { describe, expect, it } from "vitest";
import { zoneReply } from "../../../../../adapters/gce/client/replies.ts";
import type { ZoneReadings } from "../../../../../adapters/gce/preflight/preflight-reads.ts";
import { zoneChecks, zoneFindings } from "../../../../../adapters/gce/preflight/zone-checks.ts";
import { SlipwayError } from "../../../../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../../../../src/errors.ts";

const REGION = "projects/p/regions/us-central1";

function zone(name: string, change: Readonly<Record<string, unknown>> = {}): ZoneReadings {
  const value = zoneReply.parse({ name, status: "UP", region: REGION, ...change });
  return readings(name, { value, error: null });
}

function unread(name: string, change: Partial<SlipwayErrorOptions>): ZoneReadings {
  const error = new SlipwayError({
    code: "PERMISSION_DENIED",
    reason: "CLOUD_PERMISSION_DENIED",
    message: `reading zone ${name}: no`,
    ...change,
  });
  return readings(name, { value: null, error });
}

function readings(name: string, state: ZoneReadings["state"]): ZoneReadings {
  const machineTypes = { value: [], error: null };
  return {
    zone: name,
    state,
    machineTypes,
    diskType: null,
    dataDiskTypes: [],
    acceleratorType: null,
    reservation: null,
  };
}

function stateOf(...zones: readonly ZoneReadings[]) {
  const [state] = zoneChecks(zoneFindings(zones));
  return state;
}

describe("a zone that Google is removing", () => {
  it("is used with a warning while it is deprecated", () => {
    const findings = zoneFindings([zone("a", { deprecated: { state: "DEPRECATED" } })]);
    expect(findings).toMatchObject([{ is: "up" }]);
    expect(zoneChecks(findings).map(({ name, outcome }) => [name, outcome])).toEqual([
      ["zone.state", "passed"],
      ["zone.region", "passed"],
      ["zone.deprecation", "warning"],
    ]);
  });

  it.each(["OBSOLETE", "DELETED"])("is one candidate less once it is %s", (state) => {
    const gone = zone("a", { deprecated: { state } });
    expect(stateOf(gone, zone("b"))).toMatchObject({
      outcome: "warning",
      reason: "PLACE_NOT_FOUND",
      message: `zone a is ${state}`,
    });
    expect(stateOf(gone)).toMatchObject({ outcome: "failed", code: "NOT_FOUND" });
  });
});

describe("zones of which none can be used", () => {
  it("fail with all their reasons", () => {
    const words = "reading zone a: Invalid value for field 'zone': 'a'. Unknown zone.";
    const state = stateOf(
      unread("a", { message: words }),
      unread("b", { reason: "PLACE_UNAVAILABLE" }),
      zone("c", { status: "DOWN" }),
    );
    expect(state).toMatchObject({
      outcome: "failed",
      reason: "PLACE_NOT_FOUND",
      message: `there is no zone a (${words}); reading zone b: no; zone c is down`,
      metadata: { zones: ["a", "b", "c"] },
    });
    expect(state?.remedy).toContain(": a.");
  });

  it("are not missing where Compute Engine refuses the call for another reason", () => {
    const message =
      "reading zone a: Invalid value for field 'project': 'P'. Must be a match of regex '…'";
    expect(stateOf(unread("a", { message, metadata: { status: 400 } }))).toMatchObject({
      outcome: "failed",
      reason: "CLOUD_PERMISSION_DENIED",
      message,
    });
  });

  it("fail as Google says where it is one that is closed", () => {
    const remedy = "Have the location policy changed.";
    const closed = { reason: "PLACE_UNAVAILABLE", blastRadius: "zone", remedy } as const;
    expect(stateOf(unread("a", closed))).toMatchObject({
      outcome: "failed",
      code: "PERMISSION_DENIED",
      message: "reading zone a: no",
      ...closed,
    });
  });

  it("are unknown where Compute Engine does not answer, which another check reports", () => {
    const lost = { code: "UNAVAILABLE", reason: "CLOUD_UNAVAILABLE" } as const;
    expect(stateOf(unread("a", lost), unread("b", lost))?.outcome).toBe("skipped");
  });
});
