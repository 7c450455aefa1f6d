import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GceFake, startGce } from "../../testing/gce/index.ts";
import { gceClients } from "./support/gce-clients.ts";

const project = "agents";
const zone = "us-central1-a";
const place = { project, zone };
const IMAGE = "debian-12-bookworm-v20251111";

/** Property in which the client keeps the body of an error; the client's own error lacks `errors[].reason`. */
const PAYLOAD = Symbol.for("google-gax.rawHttpResponsePayload");

const properties = {
  machineType: `zones/${zone}/machineTypes/e2-small`,
  disks: [
    {
      boot: true,
      autoDelete: true,
      initializeParams: {
        sourceImage: `projects/${project}/global/images/${IMAGE}`,
        diskSizeGb: 12,
      },
    },
  ],
  networkInterfaces: [{ network: "global/networks/default" }],
};

let gce: GceFake;
let clients: ReturnType<typeof gceClients>;

beforeAll(async () => {
  gce = await startGce();
  clients = gceClients(gce.url);
  // The first use of any client loads the description of the whole API.
  await clients.zones.get(place);
});
afterAll(() => gce.close());

/** The operation that a call of the client began, in its final state. */
async function finished(operation: { readonly name?: string | null } | undefined) {
  const [done] = await clients.zoneOperations.wait({ ...place, operation: operation?.name ?? "" });
  expect(done.status).toBe("DONE");
  return done;
}

describe("the official client with the Compute Engine fake:", () => {
  it("a family resolves to an image with an id", async () => {
    const [image] = await clients.images.getFromFamily({ project, family: "debian-12" });
    expect(image).toMatchObject({ name: IMAGE, architecture: "X86_64", status: "READY" });
    expect(String(image.id)).toMatch(/^\d{19}$/);
    expect(String(image.diskSizeGb)).toBe("10");
  });

  it("images, types and zones come in pages", async () => {
    const [images] = await clients.images.list({ project, maxResults: 1 });
    expect(images.map(({ name }) => name)).toContain(IMAGE);
    expect(images.length).toBeGreaterThan(3);
    const [type] = await clients.machineTypes.get({ ...place, machineType: "t2a-standard-1" });
    expect(type).toMatchObject({ architecture: "ARM64", guestCpus: 1, memoryMb: 4096 });
    const [zones] = await clients.zones.list({ project, filter: "name = us-central1-*" });
    expect(zones.map(({ name, status }) => [name, status])).toEqual(
      ["a", "ai1a", "b", "c", "f"].map((zone) => [`us-central1-${zone}`, "UP"]),
    );
  });

  it("an instance is created once per request id, found, modified and deleted", async () => {
    const { instances, disks } = clients;
    const request = {
      ...place,
      requestId: "8f2b1c3d-1111-4222-8333-444455556666",
      instanceResource: { name: "one", labels: { owner: "team" }, ...properties },
    };
    const [first] = await instances.insert(request);
    const [again] = await instances.insert(request);
    expect(again.name).toBe(first.name);
    const done = await finished(first.latestResponse);
    const [instance] = await instances.get({ ...place, instance: "one" });
    expect(String(instance.id)).toBe(String(done.targetId));
    expect(instance).toMatchObject({ status: "RUNNING", labels: { owner: "team" } });

    const [image] = await clients.images.get({ project, image: IMAGE });
    const [disk] = await disks.get({ ...place, disk: "one" });
    expect(disk.sourceImageId).toBe(String(image.id));

    const labels = { owner: "team", plan: "p" };
    const labelFingerprint = instance.labelFingerprint ?? "";
    await instances.setLabels({
      ...place,
      instance: "one",
      instancesSetLabelsRequestResource: { labels, labelFingerprint },
    });
    const found = [];
    for await (const [scope, { instances: members }] of instances.aggregatedListAsync(
      {
        project,
        filter: "labels.plan = p",
      },
      { autoPaginate: false },
    ))
      for (const member of members ?? []) found.push([scope, member.name, member.labels]);
    expect(found).toEqual([[`zones/${zone}`, "one", labels]]);

    const [serial] = await instances.getSerialPortOutput({ ...place, instance: "one" });
    expect(serial.contents).toContain("one login:");

    const [deletion] = await instances.delete({ ...place, instance: "one" });
    await finished(deletion.latestResponse);
    await expect(instances.get({ ...place, instance: "one" })).rejects.toMatchObject({
      code: 5,
      httpStatusCode: 404,
      [PAYLOAD]: expect.stringContaining('"reason": "notFound"'),
    });
  });

  it("a bulk insert reports how many were created", async () => {
    gce.setCapacity({ machineType: "e2-medium", zone, machines: 1 });
    const [begun] = await clients.instances.bulkInsert({
      ...place,
      bulkInsertInstanceResourceResource: {
        count: 2,
        minCount: 1,
        perInstanceProperties: { "bulk-a": {}, "bulk-b": {} },
        instanceProperties: {
          ...properties,
          machineType: "e2-medium",
        },
      },
    });
    const done = await finished(begun.latestResponse);
    expect(done.error ?? null).toBeNull();
    expect(done.instancesBulkInsertOperationMetadata?.perLocationStatus).toMatchObject({
      [`zones/${zone}`]: { createdVmCount: 1, failedToCreateVmCount: 1, targetVmCount: 2 },
    });
    const [members] = await clients.zoneOperations.list({
      ...place,
      filter: `operationGroupId = ${done.operationGroupId ?? ""}`,
    });
    const failed = members.flatMap(({ error }) => error?.errors ?? []);
    expect(failed).toMatchObject([{ code: "ZONE_RESOURCE_POOL_EXHAUSTED" }]);
  });

  it("an error inside an operation, and rejections, arrive intact", async () => {
    const { instances, subnetworks } = clients;
    gce.fault({
      kind: "quota",
      action: "instances.insert",
      times: 1,
    });
    const [begun] = await instances.insert({
      ...place,
      instanceResource: { name: "two", ...properties },
    });
    const done = await finished(begun.latestResponse);
    expect(done.error?.errors).toMatchObject([
      { code: "QUOTA_EXCEEDED", errorDetails: [{ quotaInfo: { limitName: expect.anything() } }] },
    ]);
    gce.deny({ project, permission: "compute.subnetworks.use" });
    const [told] = await subnetworks.testIamPermissions({
      project,
      region: "us-central1",
      resource: "default",
      testPermissionsRequestResource: {
        permissions: ["compute.subnetworks.use", "compute.subnetworks.get"],
      },
    });
    expect(told.permissions).toEqual(["compute.subnetworks.get"]);
    await expect(
      instances.insert({ ...place, instanceResource: { name: "two", ...properties } }),
    ).rejects.toMatchObject({
      httpStatusCode: 403,
      [PAYLOAD]: expect.stringContaining('"reason": "forbidden"'),
    });
  });
});
