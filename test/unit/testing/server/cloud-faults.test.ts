import { describe, expect, it } from "vitest";
import {
  type CloudFault,
  type FaultDialect,
  parseCloudFaults,
} from "../../../../testing/server/cloud-fault-grammar.ts";
import { addCloudFault, cloudFaults, takeFault } from "../../../../testing/server/cloud-faults.ts";

const CLOUD: FaultDialect = { cloud: "Cloud Nine", unknown: new Set(), shortage: "operation" };

const SUBJECT = {
  action: "instances.insert",
  region: null,
  zone: null,
  subnet: null,
  account: null,
  project: null,
  instanceType: null,
  market: null,
  dryRun: null,
  isLaunch: true,
};

describe("active rules", () => {
  it.each<readonly [CloudFault, string]>([
    [{ kind: "throttle" }, "before"],
    [{ kind: "expired-credentials" }, "before"],
    [{ kind: "capacity" }, "operation"],
    [{ kind: "quota" }, "operation"],
    [{ kind: "operation-error", code: "X" }, "operation"],
    [{ kind: "error", code: "X" }, "before"],
    [{ kind: "error", code: "X", when: "after" }, "after"],
    [{ kind: "lost-reply" }, "after"],
    [{ kind: "lost-reply", when: "before" }, "before"],
    [{ kind: "slow-reply" }, "after"],
    [{ kind: "malformed-reply" }, "after"],
  ])("%j takes effect %s", (rule, wanted) => {
    const struck = (["before", "operation", "after"] as const).filter(
      (moment) => takeFault(cloudFaults(CLOUD, [rule]), moment, SUBJECT) !== null,
    );
    expect(struck).toEqual([wanted]);
  });

  it("apply in order, one per moment, each as often as it says", () => {
    const faults = cloudFaults(CLOUD, [{ kind: "throttle", skip: 1, times: 1 }]);
    addCloudFault(faults, { kind: "error", code: "Second", times: 1 });
    const kinds = [1, 2, 3].map(() => takeFault(faults, "before", SUBJECT)?.rule.kind ?? null);
    expect(kinds).toEqual(["error", "throttle", null]);
  });

  it.each([
    ["instances.insert", true],
    ["instances.*", true],
    ["*", true],
    ["instances", false],
    ["images.*", false],
    ["instances.ins*t", false],
  ])("the action pattern %s matches: %s", (action, isMet) => {
    const faults = cloudFaults(CLOUD, [{ kind: "throttle", action }]);
    expect(takeFault(faults, "before", SUBJECT) !== null).toBe(isMet);
  });

  it("reject kinds and members that do not apply to the cloud", () => {
    const cloud = { ...CLOUD, unknown: new Set(["dryRun", "operation-error"]) };
    const faults = cloudFaults(cloud);
    expect(() => addCloudFault(faults, { kind: "quota", dryRun: false })).toThrow("Cloud Nine");
    expect(() => addCloudFault(faults, { kind: "operation-error", code: "X" })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(faults.active).toEqual([]);
  });
});

describe("a faults file", () => {
  it("is parsed into faults", () => {
    const document = {
      faults: [
        { kind: "error", code: "RequestLimitExceeded", action: "RunInstances", times: 2 },
        { kind: "lost_reply", when: "after", instance_type: "t3.micro", dry_run: false },
        { kind: "slow_reply", delay_ms: 100, zone: "us-east-1a", market: "spot", skip: 1 },
        { kind: "malformed_reply", region: "us-east-1", account: "000000000000" },
        { kind: "operation_error", code: "PERMISSIONS_ERROR", status: 403, project: "agents" },
        { kind: "expired_credentials" },
      ],
    };
    expect(parseCloudFaults(document, CLOUD)).toEqual([
      document.faults[0],
      { kind: "lost-reply", when: "after", instanceType: "t3.micro", dryRun: false },
      { kind: "slow-reply", delayMs: 100, zone: "us-east-1a", market: "spot", skip: 1 },
      { kind: "malformed-reply", region: "us-east-1", account: "000000000000" },
      { kind: "operation-error", code: "PERMISSIONS_ERROR", status: 403, project: "agents" },
      { kind: "expired-credentials" },
    ]);
  });

  it.each([
    [null, /document/],
    [[], /document/],
    [{}, /faults/],
    [{ faults: {} }, /faults/],
    [{ faults: [null] }, /faults\.0/],
    [{ faults: [{ kind: "fire" }] }, /faults\.0\.kind: .* lost_reply,/],
    [{ faults: [{ kind: "error" }] }, /faults\.0\.code/],
    [{ faults: [{ kind: "error", code: "<x>" }] }, /faults\.0\.code/],
    [{ faults: [{ kind: "lost_reply", actoin: "x" }] }, /actoin/],
    [{ faults: [{ kind: "lost_reply", times: 0 }] }, /faults\.0\.times/],
    [{ faults: [{ kind: "slow_reply", delay_ms: "1" }] }, /faults\.0\.delay_ms/],
    [{ faults: [{ kind: "throttle", action: "" }] }, /faults\.0\.action/],
    [{ faults: [JSON.parse('{"kind": "throttle", "__proto__": {}}')] }, /__proto__/],
  ])("is rejected: %j", (document, message) => {
    expect(() => parseCloudFaults(document, CLOUD)).toThrow(message);
  });

  it("is rejected with more than a thousand faults", () => {
    const faults = Array.from({ length: 1001 }, () => ({ kind: "throttle" }));
    expect(() => parseCloudFaults({ faults }, CLOUD)).toThrow(/faults: .*1000/);
  });

  it("is rejected with a member that does not apply to the cloud, naming its position", () => {
    const cloud = { ...CLOUD, unknown: new Set(["project"]) };
    const faults = [{ kind: "throttle" }, { kind: "throttle", project: "agents" }];
    expect(() => parseCloudFaults({ faults }, cloud)).toThrow(/faults\.1: project does not apply/);
  });
});
