import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFakeClock } from "../../../../testing/fake-clock.ts";
import type { CloudFault } from "../../../../testing/server/cloud-fault-grammar.ts";
import { startGce } from "../../../../testing/gce/index.ts";
import {
  PROJECT,
  ZONE,
  at,
  errorCode,
  instanceBody,
  lastOf,
  names,
  startChecked,
  verdict,
} from "./support/ask.ts";

const INSTANCES = `zones/${ZONE}/instances`;

describe("a fault", () => {
  it.each<readonly [CloudFault, string]>([
    [{ kind: "throttle" }, "403 rateLimitExceeded"],
    [{ kind: "expired-credentials" }, "401 authError"],
    [{ kind: "error", code: "backendError" }, "503 backendError"],
    [{ kind: "error", code: "forbidden" }, "403 forbidden"],
    [{ kind: "error", code: "BILLING_DISABLED" }, "403 forbidden"],
    [{ kind: "error", code: "neverHeardOf" }, "400 neverHeardOf"],
    [{ kind: "error", code: "backendError", status: 502 }, "502 backendError"],
  ])("%o replaces the answer of the cloud", async (fault, wanted) => {
    const { gce, post } = await startChecked();
    gce.fault({ ...fault, action: "instances.insert", times: 1 });
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe(wanted);
    expect(gce.instances(PROJECT)).toEqual([]);
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("200");
  });

  it("can follow the effect", async () => {
    const { gce, post } = await startChecked();
    gce.fault({ kind: "error", code: "backendError", when: "after" });
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("503 backendError");
    expect(gce.instances(PROJECT)).toHaveLength(1);
  });

  it.each([
    ["before", 0],
    ["after", 1],
  ] as const)("drops a reply %s the effect", async (when, count) => {
    const { gce, post } = await startChecked();
    gce.fault({ kind: "lost-reply", when, times: 1 });
    await expect(post(INSTANCES, instanceBody("one"))).rejects.toThrow("fetch failed");
    expect(gce.instances(PROJECT)).toHaveLength(count);
    expect(gce.requests).toMatchObject([{ call: "instances.insert", status: null }]);
  });

  it("delays a reply", async () => {
    const { gce, get, clock } = await startChecked();
    const { reached } = gce.fault({ kind: "slow-reply", delayMs: 5000 });
    const late = get("zones");
    await reached;
    await clock.advance(5000);
    expect(verdict(await late)).toBe("200");
  });

  it("truncates a reply", async () => {
    const { gce, get } = await startChecked();
    gce.fault({ kind: "malformed-reply" });
    await expect(get("zones")).rejects.toThrow(SyntaxError);
  });

  it.each<readonly [CloudFault, string]>([
    [{ kind: "capacity" }, "ZONE_RESOURCE_POOL_EXHAUSTED"],
    [{ kind: "quota" }, "QUOTA_EXCEEDED"],
    [{ kind: "operation-error", code: "PERMISSIONS_ERROR" }, "PERMISSIONS_ERROR"],
  ])("%o fails an accepted operation", async (fault, code) => {
    const { gce, post, get, clock } = await startChecked();
    gce.fault({ ...fault, action: "instances.*", zone: ZONE });
    const accepted = await post(INSTANCES, instanceBody("one"));
    await clock.advance(1000);
    const done = await get(`zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}`);
    expect(errorCode(done)).toBe(code);
    expect(gce.instances(PROJECT)).toEqual([]);
  });

  it("affects the requests that its rule names, as often as the rule says", async () => {
    const { gce, get } = await startChecked();
    const handle = gce.fault({
      kind: "throttle",
      action: "zones.list",
      project: PROJECT,
      skip: 1,
      times: 1,
    });
    const verdicts = [];
    for (const path of ["regions", "zones", "zones", "zones"])
      verdicts.push(verdict(await get(path)));
    expect(verdicts).toEqual(["200", "200", "403 rateLimitExceeded", "200"]);
    expect(handle.hits).toBe(1);
    const another = gce.fault({ kind: "throttle", zone: ZONE });
    expect(verdict(await get("zones"))).toBe("200");
    expect(verdict(await get(`zones/${ZONE}/disks`))).toBe("403 rateLimitExceeded");
    another.remove();
    expect(verdict(await get(`zones/${ZONE}/disks`))).toBe("200");
  });

  it.each([
    ["action", { action: "instances.bulk*" }],
    ["project", { project: "others" }],
    ["region", { region: "us-east1" }],
    ["zone", { zone: "us-central1-b" }],
    ["type", { instanceType: "e2-medium" }],
    ["market", { market: "spot" }],
  ] as const)("does not affect another %s", async (_name, match) => {
    const { gce, post, get } = await startChecked();
    const fault = gce.fault({ kind: "error", code: "struck", ...match });
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("200");
    expect(verdict(await get("regions/us-central1/subnetworks"))).toBe("200");
    expect(fault.hits).toBe(0);
  });

  it.each([
    ["type", { instanceType: "e2-small" }],
    ["market", { market: "on-demand" }],
    ["region", { region: "us-central1" }],
  ] as const)("affects a launch by its %s", async (_name, match) => {
    const { gce, post } = await startChecked();
    gce.fault({ kind: "error", code: "struck", ...match });
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("400 struck");
    const bulk = { count: 1, namePattern: "x-#", instanceProperties: instanceBody("x") };
    expect(verdict(await post(`${INSTANCES}/bulkInsert`, bulk))).toBe("400 struck");
  });

  it("capacity affects launches only", async () => {
    const { gce, post, remove, clock } = await startChecked();
    await post(INSTANCES, instanceBody("one"));
    await clock.advance(1000);
    const fault = gce.fault({ kind: "capacity" });
    await remove(`${INSTANCES}/one`);
    expect(fault.hits).toBe(0);
    await post(INSTANCES, instanceBody("two"));
    expect(fault.hits).toBe(1);
  });

  it("that does not apply to Compute Engine is rejected", async () => {
    const { gce } = await startChecked();
    expect(() => gce.fault({ kind: "throttle", dryRun: true })).toThrow("dry_run does not apply");
    await expect(startGce({ faults: [{ kind: "quota", account: "1" }] })).rejects.toThrow(
      "account",
    );
  });
});

describe("a state file", () => {
  const scratch = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "gce-state-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return join(folder, "state.json");
  };
  const ID = "8f2b1c3d-1111-4222-8333-444455556666";

  it("restores everything in the next process, including operations in progress", async () => {
    const stateFile = scratch();
    const first = await startChecked({ stateFile });
    first.gce.setCapacity({ machineType: "e2-small", zone: ZONE, machines: 1 });
    first.gce.deny({ project: PROJECT, permission: "compute.images.delete" });
    const path = `${INSTANCES}?requestId=${ID}`;
    const accepted = await first.post(path, instanceBody("one"));
    await first.gce.close();

    const clock = createFakeClock(first.clock.now() + 10_000);
    const second = await startChecked({ stateFile, clock });
    expect(at((await second.get(`${INSTANCES}/one`)).body, "status")).toBe("RUNNING");
    const again = await second.post(path, instanceBody("one"));
    expect(at(again.body, "name")).toBe(at(accepted.body, "name"));
    expect(at(again.body, "status")).toBe("DONE");
    const other = await second.post(INSTANCES, instanceBody("two"));
    expect(at(other.body, "id")).not.toBe(at(accepted.body, "id"));
    expect(names(await second.get(INSTANCES))).toEqual(["one"]);
    expect(verdict(await second.remove("global/images/x"))).toBe("403 forbidden");
    expect(readFileSync(stateFile, "utf8")).not.toContain("token");
  });

  it("of another version is rejected", async () => {
    const stateFile = scratch();
    const { gce } = await startChecked({ stateFile });
    gce.takeDown(ZONE);
    const kept = readFileSync(stateFile, "utf8");
    writeFileSync(stateFile, kept.replace('"version":1', '"version":2'));
    await expect(startGce({ stateFile })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
  });

  it.each(["", "{", "[]", '{"version":2}'])("is rejected with the content %o", async (text) => {
    const stateFile = scratch();
    writeFileSync(stateFile, text);
    await expect(startGce({ stateFile })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
    expect(readFileSync(stateFile, "utf8")).toBe(text);
  });
});
