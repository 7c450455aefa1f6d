import { describe, expect, it } from "vitest";
import {
  AMD64_IMAGE,
  ARM64_IMAGE,
  PROJECT,
  ZONE,
  at,
  bootDisk,
  errorCode,
  instanceBody,
  lastOf,
  names,
  properties,
  startChecked,
  verdict,
} from "./support/ask.ts";

const INSTANCES = `zones/${ZONE}/instances`;
const TIMING = { provisioningMs: 100, stagingMs: 100, endingMs: 100, otherMs: 10 };

describe("an insert", () => {
  it("creates an instance that is provisioned, staged and then running", async () => {
    const { post, get, clock } = await startChecked({ timing: TIMING });
    const operation = await post(INSTANCES, instanceBody("one"));
    expect(operation.body).toMatchObject({
      kind: "compute#operation",
      status: "RUNNING",
      operationType: "insert",
      targetLink: expect.stringMatching(
        /\/projects\/agents\/zones\/us-central1-a\/instances\/one$/,
      ),
    });
    const states: unknown[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      states.push(at((await get(`${INSTANCES}/one`)).body, "status"));
      await clock.advance(100);
    }
    expect(states).toEqual(["PROVISIONING", "STAGING", "RUNNING"]);
    const path = `zones/${ZONE}/operations/${lastOf(at(operation.body, "name"))}`;
    const done = await get(path);
    expect(done.body).toMatchObject({ status: "DONE", progress: 100 });
    expect(at(done.body, "targetId")).toBe(at((await get(`${INSTANCES}/one`)).body, "id"));
  });

  it("stores the requested properties", async () => {
    const { post, get, clock } = await startChecked();
    await post(
      INSTANCES,
      instanceBody("one", {
        labels: { owner: "team" },
        metadata: { items: [{ key: "user-data", value: "#cloud-config" }] },
        tags: { items: ["web"] },
        networkInterfaces: [
          { subnetwork: "regions/us-central1/subnetworks/default", accessConfigs: [{}] },
        ],
        serviceAccounts: [
          { email: "default", scopes: ["https://www.googleapis.com/auth/compute"] },
        ],
        shieldedInstanceConfig: { enableSecureBoot: true },
        scheduling: { provisioningModel: "SPOT", instanceTerminationAction: "DELETE" },
      }),
    );
    await clock.advance(1000);
    const { body } = await get(`${INSTANCES}/one`);
    expect(body).toMatchObject({
      labels: { owner: "team" },
      metadata: { items: [{ key: "user-data", value: "#cloud-config" }] },
      tags: { items: ["web"] },
      networkInterfaces: [
        { networkIP: "10.128.0.2", accessConfigs: [{ natIP: expect.stringMatching(/^198\./) }] },
      ],
      serviceAccounts: [{ email: expect.stringContaining("compute@developer") }],
      shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true },
      scheduling: { provisioningModel: "SPOT", automaticRestart: false },
    });
  });

  it("creates a boot disk that names its source", async () => {
    const { post, get, clock } = await startChecked();
    await post(INSTANCES, instanceBody("one"));
    await clock.advance(1000);
    const image = await get(`global/images/${AMD64_IMAGE}`);
    const disk = await get(`zones/${ZONE}/disks/one`);
    expect(at(disk.body, "sourceImageId")).toBe(at(image.body, "id"));
    expect(lastOf(at(disk.body, "sourceImage"))).toBe(AMD64_IMAGE);
    expect(lastOf(at(disk.body, "users", 0))).toBe("one");
    expect(lastOf(at(disk.body, "type"))).toBe("pd-balanced");
    expect(verdict(await get(`zones/${ZONE}/disks/two`))).toBe("404 notFound");
  });

  it.each([
    ["a family", "global/images/family/debian-12"],
    [
      "a full URL",
      `https://www.googleapis.com/compute/v1/projects/${PROJECT}/global/images/${AMD64_IMAGE}`,
    ],
    ["a URL of a fake", `http://127.0.0.1:1/compute/v1/projects/p/global/images/${AMD64_IMAGE}`],
    ["a family view of any zone", `projects/p/zones/-/imageFamilyViews/debian-12`],
  ])("accepts an image given by %s", async (_what, sourceImage) => {
    const { post, get } = await startChecked();
    await post(INSTANCES, instanceBody("one", { disks: [bootDisk(sourceImage)] }));
    const disk = await get(`zones/${ZONE}/disks/one`);
    expect(lastOf(at(disk.body, "sourceImage"))).toBe(AMD64_IMAGE);
  });

  it.each(["t2a-standard-1", "c4a-standard-1"])("boots an arm64 image on %s", async (type) => {
    const { post } = await startChecked();
    const body = { name: "one", ...properties(ZONE, type, ARM64_IMAGE) };
    expect(verdict(await post(INSTANCES, body))).toBe("200");
  });

  it("warns about a deprecated image", async () => {
    const { post } = await startChecked();
    const body = { name: "one", ...properties(ZONE, "e2-small", "debian-12-bookworm-v20251014") };
    expect((await post(INSTANCES, body)).body).toMatchObject({
      warnings: [{ code: "DEPRECATED_RESOURCE_USED" }],
    });
  });
});

describe("a request id", () => {
  const ID = "8f2b1c3d-1111-4222-8333-444455556666";

  it("returns the same operation for the same request, whatever its outcome", async () => {
    const { post, remove, gce, clock } = await startChecked();
    const first = await post(`${INSTANCES}?requestId=${ID}`, instanceBody("one"));
    const again = await post(`${INSTANCES}?requestId=${ID}`, instanceBody("one"));
    expect(at(again.body, "name")).toBe(at(first.body, "name"));
    expect(gce.instances(PROJECT)).toHaveLength(1);
    await remove(`${INSTANCES}/one`);
    await clock.advance(10_000);
    const late = await post(`${INSTANCES}?requestId=${ID}`, instanceBody("one"));
    expect(late.body).toMatchObject({ name: at(first.body, "name"), status: "DONE" });
    expect(gce.instances(PROJECT)).toEqual([]);
  });

  it("is rejected with another body, if it is not a UUID, or if it is all zeros", async () => {
    const { post } = await startChecked();
    await post(`${INSTANCES}?requestId=${ID}`, instanceBody("one"));
    const other = post(`${INSTANCES}?requestId=${ID}`, instanceBody("two"));
    expect(verdict(await other)).toBe("400 invalid");
    for (const bad of ["token", "00000000-0000-0000-0000-000000000000"])
      expect(verdict(await post(`${INSTANCES}?requestId=${bad}`, instanceBody("x")))).toBe(
        "400 invalid",
      );
  });

  it("is pruned with its operation two weeks after its end", async () => {
    const { post, get, clock } = await startChecked();
    const path = `${INSTANCES}?requestId=${ID}`;
    const first = await post(path, instanceBody("one"));
    const operations = () => get(`zones/${ZONE}/operations`);
    await clock.advance(13 * 24 * 3_600_000);
    expect(names(await operations())).toEqual([at(first.body, "name")]);
    await clock.advance(2 * 24 * 3_600_000);
    expect(names(await operations())).toEqual([]);
    expect(verdict(await post(path, instanceBody("two")))).toBe("200");
  });

  it("of a rejected request is not used up", async () => {
    const { post } = await startChecked();
    await post(`${INSTANCES}?requestId=${ID}`, instanceBody("One"));
    expect(verdict(await post(`${INSTANCES}?requestId=${ID}`, instanceBody("one")))).toBe("200");
  });
});

describe("an insert that is accepted and fails", () => {
  it("reports the error in its operation once that is done, and creates nothing", async () => {
    const { post, get, gce, clock } = await startChecked({ timing: TIMING });
    gce.setCapacity({ machineType: "e2-small", zone: ZONE, machines: 1 });
    await post(INSTANCES, instanceBody("one"));
    const accepted = await post(INSTANCES, instanceBody("two"));
    expect(accepted.body).toMatchObject({ status: "RUNNING" });
    expect(errorCode(accepted)).toBeUndefined();
    await clock.advance(100);
    const done = await get(`zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}`);
    expect(done.body).toMatchObject({ status: "DONE", httpErrorStatusCode: 503 });
    expect(errorCode(done)).toBe("ZONE_RESOURCE_POOL_EXHAUSTED");
    expect(verdict(await get(`${INSTANCES}/two`))).toBe("404 notFound");
    expect(names(await get(`zones/${ZONE}/disks`))).toEqual(["one"]);
  });

  it.each([
    ["CPUS", 1],
    ["INSTANCES", 0],
    ["DISKS_TOTAL_GB", 9],
    ["IN_USE_ADDRESSES", 0],
  ] as const)("because of the quota of %s", async (metric, limit) => {
    const { post, gce, get, clock } = await startChecked();
    gce.setQuota({ project: PROJECT, region: "us-central1", metric, limit });
    const networkInterfaces = [{ accessConfigs: [{}] }];
    const accepted = await post(INSTANCES, instanceBody("one", { networkInterfaces }));
    await clock.advance(1000);
    const done = await get(`zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}`);
    expect(errorCode(done)).toBe("QUOTA_EXCEEDED");
    const region = await get("regions/us-central1");
    expect(at(region.body, "quotas")).toContainEqual({ metric, limit, usage: 0 });
  });

  it("because of a quota of its own project and region only", async () => {
    const { post, gce, clock, get } = await startChecked();
    const none = { metric: "INSTANCES", limit: 0 } as const;
    gce.setQuota({ project: PROJECT, region: "us-east1", ...none });
    gce.setQuota({ project: "others", region: "us-central1", ...none });
    await post(INSTANCES, instanceBody("one"));
    await clock.advance(1000);
    expect(names(await get(INSTANCES))).toEqual(["one"]);
    const { body } = await get("regions/us-central1");
    expect(at(body, "quotas")).toContainEqual({ metric: "INSTANCES", limit: 1e6, usage: 1 });
  });

  it("because of a missing address or a conflicting disk name", async () => {
    const { post, gce, get, clock } = await startChecked();
    gce.addSubnetwork(PROJECT, {
      name: "tiny",
      network: "narrow",
      region: "us-central1",
      cidr: "10.0.0.0/29",
    });
    const networkInterfaces = [{ subnetwork: "regions/us-central1/subnetworks/tiny" }];
    const codes: unknown[] = [];
    const insert = async (body: unknown) => {
      const accepted = await post(INSTANCES, body);
      await clock.advance(1000);
      codes.push(
        errorCode(await get(`zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}`)),
      );
    };
    for (const name of ["a", "b", "c", "d", "e"])
      await insert(instanceBody(name, { networkInterfaces }));
    const disks = [bootDisk(`global/images/${AMD64_IMAGE}`, { diskName: "a" })];
    await insert(instanceBody("f", { disks }));
    expect(codes).toEqual([
      ...Array.from({ length: 4 }),
      "IP_SPACE_EXHAUSTED",
      "RESOURCE_ALREADY_EXISTS",
    ]);
  });
});
