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
  properties,
  startChecked,
  verdict,
} from "./support/ask.ts";

const INSTANCES = `zones/${ZONE}/instances`;

/** A machine of the type, with these scheduling options. */
function machineOf(type: string, scheduling?: Readonly<Record<string, unknown>>) {
  return {
    name: "one",
    ...properties(ZONE, type),
    disks: [bootDisk(`global/images/${AMD64_IMAGE}`)],
    ...(scheduling === undefined ? {} : { scheduling }),
    ...(type.endsWith("-metal")
      ? { networkInterfaces: [{ network: "global/networks/default", nicType: "IDPF" }] }
      : {}),
  };
}

describe("host maintenance", () => {
  it.each([
    "g2-standard-4",
    "a2-highgpu-1g",
    "a3-ultragpu-8g",
    "h4d-standard-192",
    "c3-standard-192-metal",
    "z3-highmem-88-highlssd",
    "z4d-highmem-192-highlssd",
  ])("of %s must be TERMINATE", async (type) => {
    const { post } = await startChecked();
    expect(verdict(await post(INSTANCES, machineOf(type)))).toBe("400 badRequest");
    const migrating = machineOf(type, { onHostMaintenance: "MIGRATE" });
    expect(verdict(await post(INSTANCES, migrating))).toBe("400 badRequest");
    const ending = machineOf(type, { onHostMaintenance: "TERMINATE" });
    expect(verdict(await post(INSTANCES, ending))).toBe("200");
  });

  it("of E2 must not be TERMINATE, unless it is preemptible", async () => {
    const { post } = await startChecked();
    const scheduling = { onHostMaintenance: "TERMINATE" };
    expect(verdict(await post(INSTANCES, machineOf("e2-small", scheduling)))).toBe(
      "400 badRequest",
    );
    const spot = { ...scheduling, provisioningModel: "SPOT" };
    expect(verdict(await post(INSTANCES, machineOf("e2-small", spot)))).toBe("200");
  });

  it("of other types may be either", async () => {
    const { post } = await startChecked();
    const scheduling = { onHostMaintenance: "TERMINATE" };
    expect(verdict(await post(INSTANCES, machineOf("n2-standard-2", scheduling)))).toBe("200");
  });
});

describe("accelerators", () => {
  const attached = (type: string, acceleratorType: string, acceleratorCount = 1) => ({
    ...machineOf(type, { onHostMaintenance: "TERMINATE" }),
    guestAccelerators: [
      { acceleratorType: `zones/${ZONE}/acceleratorTypes/${acceleratorType}`, acceleratorCount },
    ],
  });

  it.each([
    ["n1-standard-4", "nvidia-tesla-t4", 1, "200"],
    ["g2-standard-4", "nvidia-l4-vws", 1, "200"],
    ["g2-standard-4", "nvidia-tesla-t4", 1, "400 badRequest"],
    ["n2-standard-4", "nvidia-tesla-t4", 1, "400 badRequest"],
    ["n1-standard-4", "nvidia-tesla-t4", 3, "400 invalid"],
    ["n1-standard-4", "nvidia-tesla-t4", 8, "400 invalid"],
    ["n1-standard-16", "nvidia-tesla-v100", 1, "400 invalid"],
    ["n1-standard-4", "nvidia-z9", 1, "404 notFound"],
  ] as const)("on %s of type %s, %i of them: %s", async (type, accelerator, count, expected) => {
    const { post } = await startChecked();
    expect(verdict(await post(INSTANCES, attached(type, accelerator, count)))).toBe(expected);
  });

  it("are of one kind, and keep the machine on its host", async () => {
    const { post } = await startChecked();
    const one = attached("n1-standard-4", "nvidia-tesla-t4");
    const guestAccelerators = [...one.guestAccelerators, ...one.guestAccelerators];
    expect(verdict(await post(INSTANCES, { ...one, guestAccelerators }))).toBe(
      "413 fieldSizeTooLarge",
    );
    const scheduling = { onHostMaintenance: "MIGRATE" };
    expect(verdict(await post(INSTANCES, { ...one, scheduling }))).toBe("400 badRequest");
  });
});

describe("bare metal", () => {
  it("needs its own network card, and an image with the driver", async () => {
    const { post, gce } = await startChecked();
    const metal = machineOf("c3-standard-192-metal", { onHostMaintenance: "TERMINATE" });
    const networkInterfaces = [{ network: "global/networks/default" }];
    expect(verdict(await post(INSTANCES, { ...metal, networkInterfaces }))).toBe("400 invalid");
    gce.addImage(PROJECT, { name: "bare" });
    const bare = { ...metal, disks: [bootDisk("global/images/bare")] };
    expect(verdict(await post(INSTANCES, bare))).toBe("400 invalid");
    const small = { ...machineOf("e2-small"), networkInterfaces: metal.networkInterfaces };
    expect(verdict(await post(INSTANCES, small))).toBe("400 invalid");
    expect(verdict(await post(INSTANCES, metal))).toBe("200");
  });
});

describe("a boot disk of a type that the machine does not take", () => {
  it.each([
    ["n4-standard-2", "pd-balanced"],
    ["c3-standard-4", "pd-standard"],
    ["e2-small", "hyperdisk-balanced"],
  ])("of %s and %s fails the operation", async (type, diskType) => {
    const { post, clock, gce } = await startChecked();
    const parameters = { diskType: `zones/${ZONE}/diskTypes/${diskType}` };
    const disks = [bootDisk(`global/images/${AMD64_IMAGE}`, parameters)];
    const begun = await post(INSTANCES, { ...machineOf(type), disks });
    expect(verdict(begun)).toBe("200");
    await clock.advance(1_000);
    const operation = await post(`zones/${ZONE}/operations/${lastOf(at(begun.body, "name"))}/wait`);
    expect(errorCode(operation)).toBe("UNSUPPORTED_OPERATION");
    expect(at(operation.body, "httpErrorStatusCode")).toBe(400);
    expect(gce.instances(PROJECT)).toEqual([]);
  });

  it("is not chosen by default", async () => {
    const { post, gce } = await startChecked();
    for (const [name, type] of [
      ["one", "n4-standard-2"],
      ["two", "c3-standard-4"],
      ["three", "n2-standard-2"],
    ] as const)
      expect(verdict(await post(INSTANCES, { ...machineOf(type), name }))).toBe("200");
    expect(gce.disks(PROJECT).map(({ type }) => type)).toEqual([
      "hyperdisk-balanced",
      "pd-balanced",
      "pd-standard",
    ]);
  });
});

describe("an organization's policies", () => {
  it("close a zone to a project, for everything in it", async () => {
    const { get, post, gce } = await startChecked();
    gce.closeZone({ project: PROJECT, zone: ZONE });
    const answers = [
      await get(`zones/${ZONE}`),
      await get(`zones/${ZONE}/machineTypes`),
      await post(INSTANCES, instanceBody("one")),
    ];
    for (const answer of answers) {
      expect(verdict(answer)).toBe("403 forbidden");
      expect(at(answer.body, "error", "details", 0, "reason")).toBe("LOCATION_POLICY_VIOLATED");
    }
    expect(verdict(await get("zones/us-central1-b"))).toBe("200");
  });

  const external = {
    networkInterfaces: [{ network: "global/networks/default", accessConfigs: [{}] }],
  };

  it.each([
    ["gcp.resourceLocations", ["us-central1-b"], {}],
    ["compute.trustedImageProjects", ["debian-cloud"], {}],
    ["compute.vmExternalIpAccess", [], external],
  ] as const)("enforce %s", async (constraint, allowed, changes) => {
    const { post, gce } = await startChecked();
    gce.enforce({ project: PROJECT, constraint, allowed: [...allowed] });
    const answer = await post(INSTANCES, instanceBody("one", changes));
    expect(verdict(answer)).toBe("412 conditionNotMet");
    expect(at(answer.body, "error", "message")).toContain(`constraints/${constraint}`);
    expect(gce.instances(PROJECT)).toEqual([]);
  });

  it("allow what they list", async () => {
    const { post, gce } = await startChecked();
    gce.enforce({ project: PROJECT, constraint: "gcp.resourceLocations", allowed: [ZONE] });
    gce.enforce({
      project: PROJECT,
      constraint: "compute.trustedImageProjects",
      allowed: [PROJECT],
    });
    gce.enforce({ project: PROJECT, constraint: "compute.vmExternalIpAccess", allowed: [] });
    expect(verdict(await post(INSTANCES, instanceBody("one")))).toBe("200");
  });
});

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

const SUBNETWORKS = "regions/us-central1/subnetworks";
const card = (name: string) => ({ subnetwork: `${SUBNETWORKS}/${name}` });

describe("access and network that Compute Engine refuses", () => {
  it.each([
    [
      "a network tag in capitals",
      { tags: { items: ["web", "Web"] } },
      "Invalid value for field 'resource.tags.items[1]': 'Web'. Must be a match of regex",
    ],
    [
      "65 network tags",
      { tags: { items: Array.from({ length: 65 }, (_, index) => `tag-${index}`) } },
      "Invalid value for field 'resource.tags.items': '65'",
    ],
    [
      "an alias in place of a scope",
      { serviceAccounts: [{ email: "default", scopes: ["storage-ro"] }] },
      "One or more of the service account scopes are invalid: 'storage-ro'",
    ],
    [
      "three interfaces of a machine with two vCPUs",
      { networkInterfaces: [card("default"), card("two"), card("three")] },
      "Too many network interfaces.",
    ],
    [
      "two interfaces in one subnet",
      { networkInterfaces: [card("default"), card("default")] },
      "Subnetworks must be distinct for NICs attached to a VM.",
    ],
    [
      "two interfaces in one network that is not the first one's",
      {
        machineType: `zones/${ZONE}/machineTypes/n2-standard-4`,
        networkInterfaces: [card("default"), card("two"), card("three")],
      },
      "Networks must be distinct for NICs attached to a VM.",
    ],
    [
      "a stack that the subnet does not have",
      { networkInterfaces: [{ ...card("default"), stackType: "IPV4_IPV6" }] },
      "Invalid value for field 'resource.networkInterfaces[0].stackType': 'IPV4_IPV6'",
    ],
  ])("%s", async (_what, changes, words) => {
    const { post, gce } = await startChecked();
    for (const name of ["two", "three"])
      gce.addSubnetwork(PROJECT, {
        name,
        region: "us-central1",
        network: "other",
        cidr: "10.8.0.0/24",
      });
    const { status, body } = await post(INSTANCES, instanceBody("one", changes));
    expect(status).toBe(400);
    expect(at(body, "error", "message")).toContain(words);
    expect(gce.instances(PROJECT)).toEqual([]);
  });
});
