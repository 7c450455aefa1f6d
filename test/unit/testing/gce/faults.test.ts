import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFakeClock } from "../../../../src/testing/fake-clock.ts";
import { type GceFault, parseGceFaults, startGce } from "../../../../src/testing/gce/index.ts";
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
  it.each<readonly [GceFault, string]>([
    [{ kind: "throttle" }, "403 rateLimitExceeded"],
    [{ kind: "expired_credentials" }, "401 authError"],
    [{ kind: "status" }, "503 backendError"],
    [{ kind: "status", status: 500, reason: "internalError" }, "500 internalError"],
  ])("%o answers in the place of the cloud", async (fault, wanted) => {
    const { gce, post } = await startChecked();
    gce.fault({ fault, call: "instances.insert", times: 1 });
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe(wanted);
    expect(gce.instances(PROJECT)).toEqual([]);
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("200");
  });

  it("may answer after the effect", async () => {
    const { gce, post } = await startChecked();
    gce.fault({ fault: { kind: "status", when: "after" } });
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("503 backendError");
    expect(gce.instances(PROJECT)).toHaveLength(1);
  });

  it.each([
    ["before", 0],
    ["after", 1],
  ] as const)("loses a reply %s the effect", async (when, count) => {
    const { gce, post } = await startChecked();
    gce.fault({ fault: { kind: "lost_reply", when }, times: 1 });
    await expect(post(INSTANCES, instanceBody("one"))).rejects.toThrow("fetch failed");
    expect(gce.instances(PROJECT)).toHaveLength(count);
    expect(gce.requests).toMatchObject([{ call: "instances.insert", status: null }]);
  });

  it("makes a reply late", async () => {
    const { gce, get, clock } = await startChecked();
    const { reached } = gce.fault({ fault: { kind: "slow_reply", delay_ms: 5000 } });
    const late = get("zones");
    await reached;
    await clock.advance(5000);
    expect(verdict(await late)).toBe("200");
  });

  it("cuts a reply in two", async () => {
    const { gce, get } = await startChecked();
    gce.fault({ fault: { kind: "malformed_reply" } });
    await expect(get("zones")).rejects.toThrow(SyntaxError);
  });

  it.each<readonly [GceFault, string]>([
    [{ kind: "capacity" }, "ZONE_RESOURCE_POOL_EXHAUSTED"],
    [{ kind: "quota" }, "QUOTA_EXCEEDED"],
    [{ kind: "operation", code: "PERMISSIONS_ERROR" }, "PERMISSIONS_ERROR"],
  ])("%o fails an operation that was accepted", async (fault, code) => {
    const { gce, post, get, clock } = await startChecked();
    gce.fault({ fault, call: "instances.*", zone: ZONE });
    const accepted = await post(INSTANCES, instanceBody("one"));
    await clock.advance(1000);
    const done = await get(`zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}`);
    expect(errorCode(done)).toBe(code);
    expect(gce.instances(PROJECT)).toEqual([]);
  });

  it("strikes the requests that its rule names, as often as it says", async () => {
    const { gce, get } = await startChecked();
    const handle = gce.fault({
      fault: { kind: "throttle" },
      call: "zones.list",
      project: PROJECT,
      skip: 1,
      times: 1,
    });
    const verdicts = [];
    for (const path of ["regions", "zones", "zones", "zones"])
      verdicts.push(verdict(await get(path)));
    expect(verdicts).toEqual(["200", "200", "403 rateLimitExceeded", "200"]);
    expect(handle.hits).toBe(1);
    const another = gce.fault({ fault: { kind: "throttle" }, zone: ZONE });
    expect(verdict(await get("zones"))).toBe("200");
    expect(verdict(await get(`zones/${ZONE}/disks`))).toBe("403 rateLimitExceeded");
    another.remove();
    expect(verdict(await get(`zones/${ZONE}/disks`))).toBe("200");
  });

  it("is read from a file's document", () => {
    const rule = { fault: { kind: "slow_reply", delay_ms: 5 }, call: "instances.insert", times: 2 };
    expect(parseGceFaults({ faults: [rule] })).toEqual([rule]);
    for (const wrong of [
      {},
      { faults: [{ fault: { kind: "fire" } }] },
      { faults: [{ ...rule, often: 1 }] },
      { faults: [{ ...rule, times: 0 }] },
    ])
      expect(() => parseGceFaults(wrong)).toThrow("no faults of a stand-in");
  });
});

describe("a state file", () => {
  const scratch = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "gce-state-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return join(folder, "state.json");
  };
  const ID = "8f2b1c3d-1111-4222-8333-444455556666";

  it("keeps everything for the next process, which goes on in the middle", async () => {
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

  it("of another version is refused", async () => {
    const stateFile = scratch();
    const { gce } = await startChecked({ stateFile });
    gce.takeDown(ZONE);
    const kept = readFileSync(stateFile, "utf8");
    writeFileSync(stateFile, kept.replace('"version":1', '"version":2'));
    await expect(startGce({ stateFile })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
  });

  it.each(["", "{", "[]", '{"version":2}'])("is refused with %o in it", async (text) => {
    const stateFile = scratch();
    writeFileSync(stateFile, text);
    await expect(startGce({ stateFile })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
    expect(readFileSync(stateFile, "utf8")).toBe(text);
  });
});
