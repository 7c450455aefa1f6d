import { describe, expect, it } from "vitest";
import {
  AMD64_IMAGE,
  PROJECT,
  ZONE,
  at,
  bootDisk,
  instanceBody,
  lastOf,
  names,
  properties,
  startChecked,
  verdict,
} from "./support/ask.ts";

const INSTANCES = `zones/${ZONE}/instances`;
const TIMING = { provisioningMs: 100, stagingMs: 100, endingMs: 100, otherMs: 10 };

/** A fake in which the machine `one` runs. */
async function withMachine(changes = {}) {
  const checked = await startChecked({ timing: TIMING });
  await checked.post(INSTANCES, instanceBody("one", changes));
  await checked.clock.advance(200);
  const status = async () => at((await checked.get(`${INSTANCES}/one`)).body, "status");
  return { ...checked, status };
}

describe("a machine", () => {
  it("is deleted with its disk", async () => {
    const { remove, get, status, clock } = await withMachine();
    expect((await remove(`${INSTANCES}/one`)).body).toMatchObject({ operationType: "delete" });
    expect(await status()).toBe("STOPPING");
    await clock.advance(100);
    expect(verdict(await get(`${INSTANCES}/one`))).toBe("404 notFound");
    expect(verdict(await get(`zones/${ZONE}/disks/one`))).toBe("404 notFound");
    expect(verdict(await remove(`${INSTANCES}/one`))).toBe("404 notFound");
  });

  it("keeps an attached disk that it did not create, which can then be deleted", async () => {
    const { remove, get, post, clock } = await withMachine();
    const disks = [{ ...properties().disks[0], autoDelete: false }];
    await post(INSTANCES, instanceBody("two", { disks }));
    expect(verdict(await remove(`zones/${ZONE}/disks/two`))).toBe(
      "400 resourceInUseByAnotherResource",
    );
    await remove(`${INSTANCES}/two`);
    await clock.advance(1000);
    expect(at((await get(`zones/${ZONE}/disks/two`)).body, "users")).toBeUndefined();
    await remove(`zones/${ZONE}/disks/two`);
    await clock.advance(1000);
    expect(names(await get(`zones/${ZONE}/disks`))).toEqual(["one"]);
  });

  it("is not deleted while it is protected", async () => {
    const { remove } = await withMachine({ deletionProtection: true });
    expect(verdict(await remove(`${INSTANCES}/one`))).toBe("400 invalid");
  });

  it.each([
    ["stop", "STOPPING", "TERMINATED", "start"],
    ["suspend", "SUSPENDING", "SUSPENDED", "resume"],
  ])("can %s, which takes some time, and start again", async (end, through, to, begin) => {
    const { post, status, clock } = await withMachine();
    await post(`${INSTANCES}/one/${end}`);
    expect(await status()).toBe(through);
    expect(verdict(await post(`${INSTANCES}/one/${begin}`))).toBe("400 resourceNotReady");
    await clock.advance(100);
    expect(await status()).toBe(to);
    await post(`${INSTANCES}/one/${begin}`);
    expect(await status()).toBe("PROVISIONING");
    await clock.advance(200);
    expect(await status()).toBe("RUNNING");
  });

  it("releases its capacity while it is stopped, and fails to start without capacity", async () => {
    const { gce, post, get, status, clock } = await withMachine();
    gce.setCapacity({ machineType: "e2-small", zone: ZONE, machines: 1 });
    await post(`${INSTANCES}/one/stop`);
    await clock.advance(100);
    await post(INSTANCES, instanceBody("two"));
    expect(verdict(await get(`${INSTANCES}/two`))).toBe("200");
    const started = await post(`${INSTANCES}/one/start`);
    await clock.advance(1000);
    expect(await status()).toBe("TERMINATED");
    const done = await get(`zones/${ZONE}/operations/${lastOf(at(started.body, "name"))}`);
    expect(at(done.body, "error", "errors", 0, "code")).toBe("ZONE_RESOURCE_POOL_EXHAUSTED");
  });

  it("accepts new labels with the fingerprint of the old ones", async () => {
    const { get, post } = await withMachine();
    const { body } = await get(`${INSTANCES}/one`);
    const labelFingerprint = at(body, "labelFingerprint");
    const labels = { owner: "team" };
    const set = (fingerprint: unknown) =>
      post(`${INSTANCES}/one/setLabels`, { labels, labelFingerprint: fingerprint });
    expect(verdict(await set("not base64"))).toBe("400 invalid");
    expect(verdict(await set("AAAAAAAAAAA="))).toBe("412 conditionNotMet");
    expect(verdict(await set(labelFingerprint))).toBe("200");
    expect(verdict(await set(labelFingerprint))).toBe("412 conditionNotMet");
    expect(at((await get(`${INSTANCES}/one`)).body, "labels")).toEqual(labels);
  });

  it("prints on its serial port", async () => {
    const { gce, get } = await withMachine();
    const read = async (query: string) => (await get(`${INSTANCES}/one/serialPort?${query}`)).body;
    expect(at(await read("port=1"), "contents")).toContain("one login:");
    gce.print(PROJECT, ZONE, "one", "hello, world");
    expect(await read("start=7")).toMatchObject({ contents: "world", start: "7", next: "12" });
    expect(await read("start=12")).toMatchObject({ contents: "", next: "12" });
    expect(await read("start=-3")).toMatchObject({ contents: "rld", start: "9" });
    expect(await read("port=2")).toMatchObject({ contents: "" });
    expect(verdict(await get(`${INSTANCES}/one/serialPort?port=5`))).toBe("400 invalid");
  });

  it("is listed in its zone, and in the aggregated list", async () => {
    const { get, post } = await withMachine({ labels: { owner: "team" } });
    await post("zones/us-east1-b/instances", { name: "two", ...properties("us-east1-b") });
    expect(names(await get(INSTANCES))).toEqual(["one"]);
    expect(names(await get("zones/us-east1-c/instances"))).toEqual([]);
    const all = await get("aggregated/instances?includeAllScopes=true&returnPartialSuccess=true");
    expect(at(all.body, "items", `zones/${ZONE}`, "instances", 0, "name")).toBe("one");
    expect(at(all.body, "items", "zones/us-east1-b", "instances", 0, "name")).toBe("two");
    expect(at(all.body, "items", "zones/us-east1-c", "warning", "code")).toBe("NO_RESULTS_ON_PAGE");
    const page = await get("aggregated/instances?maxResults=1&filter=labels.owner%3Dteam");
    expect(at(page.body, "items", `zones/${ZONE}`, "instances", 0, "name")).toBe("one");
    expect(at(page.body, "nextPageToken")).toBeUndefined();
  });
});

describe("a bulk insert", () => {
  const bulkProperties = {
    ...properties(),
    machineType: "e2-small",
    disks: [bootDisk(`global/images/${AMD64_IMAGE}`, { diskType: "pd-balanced" })],
  };
  const bulk = (names: readonly string[], changes = {}) => ({
    perInstanceProperties: Object.fromEntries(names.map((name) => [name, {}])),
    instanceProperties: bulkProperties,
    ...changes,
  });
  const status = (operation: unknown) =>
    at(operation, "instancesBulkInsertOperationMetadata", "perLocationStatus", `zones/${ZONE}`);

  it("creates all its members, each with an operation of its own", async () => {
    const { post, get, gce, clock } = await startChecked({ timing: TIMING });
    const accepted = await post(`${INSTANCES}/bulkInsert`, bulk(["b", "a", "c"]));
    expect(status(accepted.body)).toMatchObject({ status: "CREATING", targetVmCount: 3 });
    await clock.advance(200);
    const done = await get(`zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}`);
    expect(status(done.body)).toMatchObject({ createdVmCount: 3, failedToCreateVmCount: 0 });
    expect(names(await get(INSTANCES))).toEqual(["a", "b", "c"]);
    expect(new Set(gce.instances(PROJECT).map(({ networks }) => networks[0]?.networkIp)).size).toBe(
      3,
    );
    const group = String(at(done.body, "operationGroupId"));
    const members = await get(`zones/${ZONE}/operations?filter=operationGroupId%3D${group}`);
    expect(names(members)).toHaveLength(4);
  });

  it("leaves none if it cannot create the minimum", async () => {
    const { post, get, gce, clock } = await startChecked({ timing: TIMING });
    gce.setCapacity({ machineType: "e2-small", zone: ZONE, machines: 2 });
    const accepted = await post(`${INSTANCES}/bulkInsert`, bulk(["a", "b", "c"]));
    await clock.advance(200);
    const done = await get(`zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}`);
    expect(at(done.body, "error", "errors", 0, "code")).toBe("ZONE_RESOURCE_POOL_EXHAUSTED");
    expect(status(done.body)).toMatchObject({
      createdVmCount: 2,
      deletedVmCount: 2,
      failedToCreateVmCount: 1,
    });
    expect(gce.instances(PROJECT)).toEqual([]);
  });

  it("creates what it can if that reaches the minimum", async () => {
    const { post, get, gce, clock } = await startChecked({ timing: TIMING });
    gce.setCapacity({ machineType: "e2-small", zone: ZONE, machines: 2 });
    await post(INSTANCES, instanceBody("b"));
    const body = bulk(["a", "b", "c"], { minCount: "1" });
    const accepted = await post(`${INSTANCES}/bulkInsert`, body);
    await clock.advance(200);
    const done = await get(`zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}`);
    expect(at(done.body, "error")).toBeUndefined();
    expect(status(done.body)).toMatchObject({ createdVmCount: 1, failedToCreateVmCount: 2 });
    expect(names(await get(INSTANCES))).toEqual(["a", "b"]);
    const failed = await get(`zones/${ZONE}/operations?filter=error.errors.code:*`);
    expect(
      (failed.body === null ? [] : [0, 1]).map((index) =>
        at(failed.body, "items", index, "error", "errors", 0, "code"),
      ),
    ).toEqual(expect.arrayContaining(["RESOURCE_ALREADY_EXISTS", "ZONE_RESOURCE_POOL_EXHAUSTED"]));
  });

  it("does not reuse the name of another machine, whatever the name of its disk", async () => {
    const { post, get, gce } = await startChecked();
    const disks = [bootDisk(`global/images/${AMD64_IMAGE}`, { diskName: "other" })];
    await post(INSTANCES, instanceBody("a", { disks }));
    const [known] = gce.instances(PROJECT);
    await post(`${INSTANCES}/bulkInsert`, bulk(["a", "b"], { minCount: 1 }));
    expect(names(await get(INSTANCES))).toEqual(["a", "b"]);
    expect(gce.instances(PROJECT)[0]?.id).toBe(known?.id);
  });

  it("numbers its members by a pattern", async () => {
    const { post, get } = await startChecked();
    await post(INSTANCES, instanceBody("web-02"));
    const body = { count: 2, namePattern: "web-##", instanceProperties: bulkProperties };
    await post(`${INSTANCES}/bulkInsert`, body);
    expect(names(await get(INSTANCES))).toEqual(["web-02", "web-03", "web-04"]);
  });

  it.each([
    ["no members", bulk([])],
    ["an invalid name", bulk(["A"])],
    ["an unknown type", bulk(["a"], { instanceProperties: { machineType: "e9" } })],
    ["a minimum above its count", bulk(["a"], { minCount: 2 })],
    ["a count that differs from its names", bulk(["a"], { count: 2 })],
    ["names and a pattern", bulk(["a"], { namePattern: "a-#" })],
    [
      "a pattern without a number",
      { count: 1, namePattern: "a", instanceProperties: bulkProperties },
    ],
  ])("is rejected with %s", async (_what, body) => {
    const { post } = await startChecked();
    expect(verdict(await post(`${INSTANCES}/bulkInsert`, body))).toBe("400 invalid");
  });

  it("accepts the name of a type; a link causes the API's internal error", async () => {
    const { post } = await startChecked();
    const body = bulk(["a"], { instanceProperties: properties() });
    expect(verdict(await post(`${INSTANCES}/bulkInsert`, body))).toBe("500 internalError");
  });
});
