import { describe, expect, it } from "vitest";
import {
  AMD64_IMAGE,
  ARM64_IMAGE,
  PROJECT,
  ZONE,
  bootDisk,
  instanceBody,
  properties,
  startChecked,
  verdict,
} from "./support/ask.ts";

const INSTANCES = `zones/${ZONE}/instances`;

describe("an insert is rejected for", () => {
  const disk = (sourceImage: string, parameters = {}) => ({
    disks: [bootDisk(sourceImage, parameters)],
  });
  const image = `global/images/${AMD64_IMAGE}`;

  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ["a name in capitals", { name: "One" }, "400 invalid"],
    ["no name", { name: null }, "400 required"],
    ["an unknown field", { machine_type: "x" }, "400 badRequest"],
    ["a deeply nested unknown field", disk(image, { sizeGb: 10 }), "400 badRequest"],
    ["a bare machine type", { machineType: "e2-small" }, "400 invalid"],
    ["an unknown machine type", { machineType: `zones/${ZONE}/machineTypes/e9` }, "400 invalid"],
    [
      "a machine type of another zone",
      { machineType: "zones/us-east1-b/machineTypes/e2-small" },
      "400 invalid",
    ],
    ["no disk", { disks: [] }, "400 invalid"],
    [
      "a boot disk without a source",
      { disks: [{ boot: true, initializeParams: {} }] },
      "400 invalid",
    ],
    ["a missing image", disk("global/images/none"), "404 notFound"],
    ["a missing family", disk("global/images/family/none"), "404 notFound"],
    ["an obsolete image", disk("global/images/debian-11-bullseye-v20240815"), "400 invalid"],
    ["an image of another architecture", disk(`global/images/${ARM64_IMAGE}`), "400 invalid"],
    ["a disk smaller than its image", disk(image, { diskSizeGb: "9" }), "400 invalid"],
    [
      "an unknown disk type",
      disk(image, { diskType: `zones/${ZONE}/diskTypes/pd-x` }),
      "400 invalid",
    ],
    ["no network interface", { networkInterfaces: [] }, "400 invalid"],
    [
      "a missing network",
      { networkInterfaces: [{ network: "global/networks/x" }] },
      "404 notFound",
    ],
    [
      "a subnet of another region",
      { networkInterfaces: [{ subnetwork: "regions/us-east1/subnetworks/default" }] },
      "400 invalid",
    ],
    [
      "a missing subnet",
      { networkInterfaces: [{ subnetwork: "regions/us-central1/subnetworks/x" }] },
      "404 notFound",
    ],
    ["a label in capitals", { labels: { Owner: "x" } }, "400 invalid"],
    ["a label's value in capitals", { labels: { owner: "X" } }, "400 invalid"],
    ["a metadata key with a space", { metadata: { items: [{ key: "a b" }] } }, "400 invalid"],
    [
      "a duplicate metadata key",
      { metadata: { items: [{ key: "a" }, { key: "a" }] } },
      "400 invalid",
    ],
    [
      "a preemptible machine with automatic restart",
      { scheduling: { provisioningModel: "SPOT", automaticRestart: true } },
      "400 invalid",
    ],
  ])("%s", async (_what, changes, wanted) => {
    const { post, gce } = await startChecked();
    expect(verdict(await post(INSTANCES, instanceBody("one", changes)))).toBe(wanted);
    expect(gce.instances(PROJECT)).toEqual([]);
  });

  it("the name of another instance of the zone", async () => {
    const { post } = await startChecked();
    await post(INSTANCES, instanceBody("one"));
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("409 alreadyExists");
    const elsewhere = { name: "one", ...properties("us-central1-b") };
    expect(verdict(await post("zones/us-central1-b/instances", elsewhere))).toBe("200");
  });

  it("an unknown zone, parameter or project, or invalid JSON", async () => {
    const { post, gce } = await startChecked();
    expect(verdict(await post("zones/nowhere-a/instances", instanceBody("one")))).toBe(
      "400 invalid",
    );
    expect(verdict(await post(`${INSTANCES}?request_id=x`, instanceBody("one")))).toBe(
      "400 badRequest",
    );
    expect(verdict(await post(INSTANCES, "{"))).toBe("400 parseError");
    gce.removeProject(PROJECT);
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("404 notFound");
  });

  it("an image that is not ready", async () => {
    const { post, gce } = await startChecked();
    gce.addImage(PROJECT, { name: "late", status: "PENDING" });
    const body = { name: "one", ...properties(ZONE, "e2-small", "late") };
    expect(verdict(await post(INSTANCES, body))).toBe("400 resourceNotReady");
  });

  it.each([
    ["iam.serviceAccounts.actAs", "robot@x.y", "400 badRequest"],
    ["compute.subnetworks.use", undefined, "403 forbidden"],
    ["compute.images.useReadOnly", undefined, "403 forbidden"],
    ["compute.instances.create", undefined, "403 forbidden"],
  ] as const)("a missing permission %s", async (permission, resource, wanted) => {
    const { post, gce } = await startChecked();
    gce.deny({ project: PROJECT, permission, ...(resource === undefined ? {} : { resource }) });
    const serviceAccounts = [{ email: "robot@x.y" }];
    const answer = await post(INSTANCES, instanceBody("one", { serviceAccounts }));
    expect(verdict(answer)).toBe(wanted);
    expect(gce.instances(PROJECT)).toEqual([]);
  });
});
