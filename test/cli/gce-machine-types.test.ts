import { describe, expect, it } from "vitest";
import { gceCli, PROJECT } from "./support/gce-cli.ts";
import type { GceCli } from "./support/gce-cli.ts";

const ZONES = ["us-central1-a", "us-central1-b"] as const;
const SLOW = { timeout: 120_000 };

/** The command line on the Compute Engine fake, with a workspace in two zones and a record of these types. */
async function scene(
  types: readonly string[],
  { order = "TYPE_FIRST", size = "vcpus: 2, memory_gb: 8" } = {},
): Promise<GceCli> {
  const cli = await gceCli();
  const record = `name: any, ${size}, architecture: ARCHITECTURE_AMD64`;
  const spec = `{gce: {machine_types: [${types.join(", ")}]}}`;
  await cli.set("machine-type", "any", `{${record}, spec: ${spec}}`);
  const environment = `name: any, substrate: GCP, machine_type_ref: any, candidate_order: ${order}`;
  await cli.set("environment", "any", `{${environment}}`);
  const workspace = "name: dev, image_ref: base, placement: there, environment_ref: any";
  await cli.set("workspace", "dev", `{${workspace}}`);
  return cli;
}

/** The types and zones of the machines that Compute Engine has made. */
function machines({ gce }: GceCli): readonly string[] {
  return gce.instances(PROJECT).map(({ machineType, zone }) => `${machineType} ${zone}`);
}

describe("a machine-type record with several types", SLOW, () => {
  it("launches the second if the first is out of stock in every zone", async () => {
    await using cli = await scene(["n2-standard-2", "e2-standard-2"]);
    for (const zone of ZONES)
      cli.gce.setCapacity({ zone, machineType: "n2-standard-2", machines: 0 });
    await cli.json("spawn", "dev", "--id", "one");
    expect(machines(cli)).toEqual(["e2-standard-2 us-central1-a"]);
    expect(cli.changes()).toEqual(Array.from({ length: 3 }, () => "instances.insert"));
    const full = {
      machine_type: "n2-standard-2",
      outcome: "rejected",
      reason: "INSUFFICIENT_CAPACITY",
    };
    expect(await cli.json("describe", "one")).toMatchObject({
      state: "running",
      attempts: [
        { ...full, place: ZONES[0] },
        { ...full, place: ZONES[1] },
        { machine_type: "e2-standard-2", place: ZONES[0], outcome: "accepted", reason: null },
      ],
      events: expect.arrayContaining([
        expect.objectContaining({
          message: expect.stringMatching(
            /ZONE_RESOURCE_POOL_EXHAUSTED.*; launching e2-standard-2 in us-central1-a$/,
          ),
        }),
      ]),
    });
  });

  it("tries every type in the first zone if the environment says so", async () => {
    await using cli = await scene(["n2-standard-2", "e2-standard-2"], { order: "PLACE_FIRST" });
    cli.gce.setCapacity({ zone: ZONES[0], machineType: "n2-standard-2", machines: 0 });
    await cli.json("spawn", "dev");
    expect(machines(cli)).toEqual(["e2-standard-2 us-central1-a"]);
  });

  it("launches a type whose quota has room", async () => {
    await using cli = await scene(["n2-standard-4", "e2-standard-2"]);
    cli.gce.setQuota({ project: PROJECT, region: "us-central1", metric: "CPUS", limit: 2 });
    expect(await cli.json("spawn", "dev")).toMatchObject({
      attempts: [
        { machine_type: "n2-standard-4", place: ZONES[0], reason: "QUOTA_EXCEEDED" },
        { machine_type: "e2-standard-2", place: ZONES[0], outcome: "accepted" },
      ],
    });
  });

  it("launches each type with the settings that it needs", async () => {
    await using cli = await scene(["g2-standard-4", "n4-standard-4", "e2-standard-4"], {
      size: "vcpus: 4, memory_gb: 16",
    });
    for (const machineType of ["g2-standard-4", "n4-standard-4"])
      cli.gce.setCapacity({ zone: ZONES[0], machineType, machines: 0 });
    await cli.set(
      "placement",
      "there",
      `{name: there, substrate: GCP, target: {gcp: {project: agents, zones: [${ZONES[0]}], subnet: default}}}`,
    );
    expect(await cli.json("spawn", "dev")).toMatchObject({
      attempts: [
        { reason: "INSUFFICIENT_CAPACITY" },
        { reason: "INSUFFICIENT_CAPACITY" },
        { machine_type: "e2-standard-4", outcome: "accepted" },
      ],
    });
    expect(await cli.json("resolve", "dev")).toMatchObject({
      machine_types: [
        { name: "g2-standard-4", gpus: [{ name: "nvidia-l4", count: 1, memory_gb: null }] },
        { name: "n4-standard-4", vcpus: 4, memory_gb: 16, gpus: [] },
        { name: "e2-standard-4" },
      ],
      settings: {
        instance: {
          disk_type: "pd-balanced",
          on_host_maintenance: "TERMINATE",
          other_types: [
            { machine_type: "n4-standard-4", disk_type: "hyperdisk-balanced" },
            { machine_type: "e2-standard-4", disk_type: null },
          ],
        },
      },
    });
  });
});

describe("the plan of several types", SLOW, () => {
  it("rejects what a zone does not have, and reads all types of a zone in one call", async () => {
    await using cli = await scene(["t2d-standard-9", "n2-custom-2-8192", "n2-standard-2"]);
    const { stdout, exitCode } = await cli.run(["resolve", "dev", "-o", "json"]);
    expect(exitCode).toBe(0);
    const gone = { machine_type: "t2d-standard-9", verdict: "rejected" };
    expect(JSON.parse(stdout)).toMatchObject({
      candidates: [
        { ...gone, reason: "us-central1-a has no machine type t2d-standard-9" },
        { ...gone, reason: "us-central1-b has no machine type t2d-standard-9" },
        { machine_type: "n2-custom-2-8192", place: ZONES[0], verdict: "eligible" },
        { machine_type: "n2-custom-2-8192", place: ZONES[1], verdict: "eligible" },
        { machine_type: "n2-standard-2", place: ZONES[0], verdict: "eligible" },
        { machine_type: "n2-standard-2", place: ZONES[1], verdict: "eligible" },
      ],
      checks: expect.arrayContaining([
        expect.objectContaining({
          name: "machine-type.offered",
          outcome: "warning",
          message: expect.stringContaining(
            "no zone of the placement has a machine type t2d-standard-9",
          ),
        }),
      ]),
    });
    const reads = cli.gce.requests.filter(({ call }) => call?.startsWith("machineTypes."));
    // A custom type is in no list.
    expect(reads.map(({ call, zone }) => `${call ?? ""} ${zone ?? ""}`)).toEqual(
      expect.arrayContaining(
        ZONES.flatMap((zone) => [`machineTypes.list ${zone}`, `machineTypes.get ${zone}`]),
      ),
    );
    expect(reads).toHaveLength(4);
  });

  it("fails if a type contradicts the record, and if no zone has any", async () => {
    await using cli = await scene(["n2-standard-2", "e2-small", "t2a-standard-2"]);
    const { error } = await cli.refused(["resolve", "dev"]);
    expect(error.checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: "machine-type.architecture",
          outcome: "failed",
          message: "the image is for amd64, but machine type t2a-standard-2 is arm64",
        }),
        expect.objectContaining({
          name: "machine-type.shape",
          outcome: "failed",
          message:
            "machine type record any says at least 2 vCPUs and 8 GiB, but e2-small has 2 vCPUs and 2 GiB",
        }),
      ]),
    );
    await using none = await scene(["n2-standard-9", "e2-standard-9"]);
    const refused = await none.refused(["resolve", "dev"]);
    const failed = refused.error.checks?.filter(({ outcome }) => outcome === "failed") ?? [];
    expect(failed).toMatchObject([
      { name: "machine-type.offered", message: "no zone has a machine type n2-standard-9" },
      { name: "machine-type.offered", message: "no zone has a machine type e2-standard-9" },
    ]);
  });

  it("leaves out a type that does not boot from the disk type", async () => {
    await using cli = await scene(["n4-standard-2", "n2-standard-2"]);
    await cli.set("disk-type", "ssd", "{name: ssd, spec: {gce: {disk_type: pd-ssd}}}");
    const environment = "name: any, substrate: GCP, machine_type_ref: any, disk_type_ref: ssd";
    await cli.set("environment", "any", `{${environment}}`);
    const { stdout } = await cli.run(["resolve", "dev", "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      candidates: [
        {
          machine_type: "n4-standard-2",
          verdict: "rejected",
          reason: "machine type n4-standard-2 does not boot from disk type pd-ssd in any zone",
        },
        { machine_type: "n4-standard-2", verdict: "rejected" },
        { machine_type: "n2-standard-2", verdict: "eligible" },
        { machine_type: "n2-standard-2", verdict: "eligible" },
      ],
    });
  });
});
