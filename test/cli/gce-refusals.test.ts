import { describe, expect, it } from "vitest";
import { failures, gceCli, IMAGES, PROJECT } from "./support/gce-cli.ts";
import type { GceCli } from "./support/gce-cli.ts";

const SLOW = { timeout: 120_000 };

/** Images that cannot be booted, and the reason for each. */
const REFUSALS: readonly (readonly [link: string, reason: string])[] = [
  [`${IMAGES}/family/nowhere`, "IMAGE_FAMILY_NOT_FOUND"],
  [`${IMAGES}/family/withdrawn`, "IMAGE_FAMILY_EMPTY"],
  [`${IMAGES}/pending`, "IMAGE_NOT_READY"],
  [`${IMAGES}/arm`, "ARCHITECTURE_MISMATCH"],
  ["projects/no-such-project/global/images/a", "PROJECT_NOT_FOUND"],
  ["projects/closed-project/global/images/a", "IMAGE_PERMISSION_DENIED"],
];

async function cliWithImages(): Promise<GceCli> {
  const cli = await gceCli();
  const { gce } = cli;
  gce.addImage(PROJECT, {
    name: "obsolete",
    family: "withdrawn",
    deprecated: { state: "OBSOLETE" },
  });
  gce.addImage(PROJECT, { name: "pending", status: "PENDING" });
  gce.addImage(PROJECT, { name: "arm", architecture: "ARM64" });
  gce.removeProject("no-such-project");
  gce.deny({ project: "closed-project", permission: "compute.images.get" });
  return cli;
}

async function setImage({ set }: GceCli, link: string): Promise<void> {
  await set(
    "image",
    "base",
    `{name: base, architecture: ARCHITECTURE_AMD64, gce: {self_link: '${link}'}}`,
  );
}

describe("a workspace that Compute Engine cannot launch", SLOW, () => {
  it("is rejected with a specific reason for each problem with its image", async () => {
    await using cli = await cliWithImages();
    for (const [link, reason] of REFUSALS) {
      await setImage(cli, link);
      const { exitCode, error } = await cli.refused(["resolve", "dev"]);
      expect({ link, exitCode, reason: error.reason }).toEqual({ link, exitCode: 3, reason });
      expect(error.remedy).not.toBe("");
      expect(Object.values(failures(error))).toEqual([reason]);
    }
    expect(cli.changes()).toEqual([]);
  });

  it("is rejected with all failures, and nothing is changed", async () => {
    await using cli = await cliWithImages();
    const { gce, set } = cli;
    gce.takeDown("us-central1-b");
    await setImage(cli, `${IMAGES}/obsolete`);
    const size = "vcpus: 64, memory_gb: 1, architecture: ARCHITECTURE_AMD64";
    await set("machine-type", "odd", `{name: odd, ${size}, spec: {gce: {machine_type: e2-small}}}`);
    await set("disk-type", "odd", "{name: odd, spec: {gce: {disk_type: pd-imaginary}}}");
    await set(
      "environment",
      "odd",
      "{name: odd, substrate: GCP, machine_type_ref: odd, disk_type_ref: odd, disk_size_gb: 1}",
    );
    await set(
      "workspace",
      "dev",
      "{name: dev, image_ref: base, placement: there, environment_ref: odd}",
    );
    const target = `{project: ${PROJECT}, zones: [us-central1-a, us-central1-b], subnet: nowhere}`;
    await set(
      "placement",
      "there",
      `{name: there, substrate: GCP, service_account: nobody@example.com, target: {gcp: ${target}}}`,
    );
    for (const verb of ["resolve", "spawn"]) {
      const { exitCode, error } = await cli.refused([verb, "dev"]);
      expect({ exitCode, code: error.code }).toEqual({ exitCode: 3, code: "FAILED_PRECONDITION" });
      expect(failures(error)).toEqual({
        "image.deprecation": "IMAGE_OBSOLETE",
        "machine-type.shape": "MACHINE_TYPE_MISMATCH",
        "volume.type": "DISK_TYPE_NOT_FOUND",
        "volume.size": "DISK_TOO_SMALL",
        "subnets.exist": "SUBNET_NOT_FOUND",
        "service-account": "SERVICE_ACCOUNT_NOT_FOUND",
      });
    }
    expect(cli.changes()).toEqual([]);
  });

  it.each([
    ["every project", PROJECT],
    ["its own project alone", "elsewhere"],
  ])(
    "has one finding if Compute Engine refuses all calls for %s in the same words",
    async (_whose, project) => {
      await using cli = await gceCli();
      cli.gce.addImage(project, { name: "plain" });
      await setImage(cli, `projects/${project}/global/images/plain`);
      const message =
        "This API method requires billing to be enabled. Please enable billing on project #42.";
      const match = project === PROJECT ? {} : { project: PROJECT };
      cli.gce.fault({ kind: "error", code: "forbidden", status: 403, message, ...match });
      const { exitCode, error } = await cli.refused(["resolve", "dev"]);
      expect(exitCode).toBe(3);
      expect(failures(error)).toEqual({ "cloud.credentials": "CLOUD_PERMISSION_DENIED" });
      expect(error["message"]).toContain(message);
      expect(error.remedy).toContain("Follow the message");
      expect(error.remedy).not.toContain("Grant");
    },
  );

  it("asks for billing if the project has none, and for no permission", async () => {
    await using cli = await gceCli();
    cli.gce.fault({ kind: "error", code: "BILLING_DISABLED" });
    const { error } = await cli.refused(["resolve", "dev"]);
    expect(failures(error)).toEqual({ "cloud.credentials": "CLOUD_PERMISSION_DENIED" });
    expect(error["message"]).toContain("This API method requires billing to be enabled.");
    expect(error.remedy).toContain("Enable billing in the project that the message names.");
  });

  it("keeps the remedy for what all calls are refused for, if there is one", async () => {
    await using cli = await gceCli();
    const message = "Request had insufficient authentication scopes.";
    cli.gce.fault({ kind: "error", code: "ACCESS_TOKEN_SCOPE_INSUFFICIENT", status: 403, message });
    const { error } = await cli.refused(["resolve", "dev"]);
    expect(failures(error)).toEqual({ "cloud.credentials": "CLOUD_PERMISSION_DENIED" });
    expect(error.remedy).toContain("auth/cloud-platform");
  });

  it("is not blamed for an unknown refusal of its zones and its subnet", async () => {
    await using cli = await gceCli();
    for (const action of ["zones.get", "subnetworks.get"])
      cli.gce.fault({
        kind: "error",
        action,
        code: "neverHeardOf",
        status: 418,
        message: "No tea.",
      });
    const { error } = await cli.refused(["resolve", "dev"]);
    const failed = error.checks?.filter(({ outcome }) => outcome === "failed") ?? [];
    expect(failed.map(({ name, reason }) => [name, reason])).toEqual([
      ["zone.state", "CLOUD_REQUEST_REFUSED"],
      ["subnets.exist", "CLOUD_REQUEST_REFUSED"],
    ]);
    for (const { remedy } of failed) expect(remedy).not.toContain("Correct");
  });

  it("has a finding for each missing permission, which names its resource", async () => {
    await using cli = await gceCli();
    for (const permission of [
      "compute.zones.get",
      "compute.subnetworks.get",
      "compute.subnetworks.use",
    ])
      cli.gce.deny({ project: PROJECT, permission });
    const { error } = await cli.refused(["resolve", "dev"]);
    expect(Object.keys(failures(error))).toEqual([
      "zone.state",
      "subnets.exist",
      "permission.subnet",
    ]);
  });

  it("is distinguished from an unreachable cloud", async () => {
    await using cli = await gceCli();
    const environment = {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: "http://127.0.0.1:1/compute/v1/",
    };
    const { exitCode, error } = await cli.refused(["resolve", "dev"], { environment });
    expect(exitCode).toBe(7);
    expect(error).toMatchObject({ code: "UNAVAILABLE", reason: "CLOUD_UNAVAILABLE" });
    const names = error.checks?.map(({ name }) => name) ?? [];
    expect(names).toEqual([...new Set(names)]);
  });
});

describe("an operation that fails after it was accepted", SLOW, () => {
  it.each([
    ["QUOTA_EXCEEDED", 403, 6, "QUOTA_EXCEEDED", 1],
    ["PERMISSIONS_ERROR", 403, 5, "CLOUD_PERMISSION_DENIED", 1],
    ["ZONE_RESOURCE_POOL_EXHAUSTED", 503, 6, "INSUFFICIENT_CAPACITY", 2],
  ])("%s fails the spawn with its own error", async (code, status, exitCode, reason, attempts) => {
    await using cli = await gceCli();
    cli.gce.fault({ kind: "operation-error", action: "instances.insert", code, status });
    expect(await cli.run(["spawn", "dev", "--id", "one"])).toMatchObject({ exitCode });
    const rejected = { outcome: "rejected", reason };
    expect(await cli.json("describe", "one")).toMatchObject({
      state: "failed",
      attempts: Array.from({ length: attempts }, () => rejected),
      machine: null,
    });
    expect(cli.gce.instances(PROJECT)).toEqual([]);
  });
});

describe("a machine of a series that no table knows", SLOW, () => {
  const TYPE = "q7-standard-2";

  async function cliWithSeries(): Promise<GceCli> {
    const size = { guestCpus: 2, memoryMb: 8_192, architecture: "X86_64" } as const;
    const cli = await gceCli({ machineTypes: [{ name: TYPE, ...size }] });
    const shape = "vcpus: 2, memory_gb: 8, architecture: ARCHITECTURE_AMD64";
    const spec = `{gce: {machine_type: ${TYPE}}}`;
    await cli.set("machine-type", "new", `{name: new, ${shape}, spec: ${spec}}`);
    const references = `machine_type_ref: new, disk_type_ref: slipway-pd-balanced`;
    await cli.set("environment", "new", `{name: new, substrate: GCP, ${references}}`);
    const workspace = "{name: dev, image_ref: base, placement: there, environment_ref: new}";
    await cli.set("workspace", "dev", workspace);
    return cli;
  }

  it.each([
    ["error", "badRequest"],
    ["operation-error", "UNSUPPORTED_OPERATION"],
    ["operation-error", "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"],
  ] as const)(
    "costs one insert if it does not boot from the disk type (%s %s)",
    async (kind, code) => {
      await using cli = await cliWithSeries();
      const message =
        "[pd-balanced, q7-standard-2] features are not compatible for creating instance.";
      cli.gce.fault({ kind, action: "instances.insert", code, message, status: 400 });
      expect(await cli.run(["spawn", "dev", "--id", "one"])).toMatchObject({ exitCode: 3 });
      expect(await cli.json("describe", "one")).toMatchObject({
        state: "failed",
        error: {
          reason: "DISK_TYPE_UNSUPPORTED",
          message: expect.stringContaining(message),
          remedy: expect.stringContaining("disk_type_ref"),
        },
      });
      expect(cli.changes()).toEqual(["instances.insert"]);
    },
  );

  it("is launched in the next zone if the first one lists its type and does not make it", async () => {
    await using cli = await cliWithSeries();
    cli.gce.fault({
      kind: "error",
      action: "instances.insert",
      zone: "us-central1-a",
      code: "MACHINE_TYPE_UNSUPPORTED",
      message: "Machine type q7-standard-2 is not supported in zone us-central1-a.",
      status: 400,
    });
    expect(await cli.json("spawn", "dev", "--id", "one")).toMatchObject({
      state: "running",
      attempts: [
        { place: "us-central1-a", outcome: "rejected", reason: "NOT_OFFERED_HERE" },
        { place: "us-central1-b", outcome: "accepted" },
      ],
    });
  });
});

describe("a launcher that is killed while its operation runs", SLOW, () => {
  it("leaves an operation that the next process resumes, and no second machine", async () => {
    await using cli = await gceCli();
    const { gce } = cli;
    const waiting = gce.fault({
      kind: "slow-reply",
      action: "zoneOperations.wait",
      times: 1,
      when: "before",
    });
    const killed = cli.runProcess(
      ["spawn", "dev", "--id", "one"],
      (child) => void waiting.reached.then(() => child.kill("SIGKILL")),
    );
    expect((await killed).signal).toBe("SIGKILL");
    waiting.release();
    const [begun] = gce.instances(PROJECT);
    expect(begun?.name).toMatch(/^one-[0-9a-f]{16}$/);
    expect((await cli.run(["recover"])).exitCode).toBe(0);
    expect(await cli.json("describe", "one")).toMatchObject({
      state: "running",
      machine: { id: expect.stringContaining(`/instances/${begun?.name}`) },
      attempts: [{ outcome: "accepted" }],
    });
    expect(gce.instances(PROJECT).map(({ id }) => id)).toEqual([begun?.id]);
  });
});
