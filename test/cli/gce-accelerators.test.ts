import { describe, expect, it } from "vitest";
import { failures, gceCli, PROJECT } from "./support/gce-cli.ts";
import type { GceCli } from "./support/gce-cli.ts";

/** The record of a single type has to have its size. */
const SIZES: Readonly<Record<string, string>> = {
  "g2-standard-4": "vcpus: 4, memory_gb: 16",
  "n1-standard-4": "vcpus: 4, memory_gb: 15",
  "n1-standard-16": "vcpus: 16, memory_gb: 60",
  "n2-standard-4": "vcpus: 4, memory_gb: 16",
};
const SLOW = { timeout: 120_000 };

/** The command line on the Compute Engine fake, with a workspace whose record attaches accelerators. */
async function scene(machineTypes: readonly string[], accelerator: string): Promise<GceCli> {
  const cli = await gceCli();
  await setTypes(cli, machineTypes, accelerator);
  await cli.set("environment", "gpu", "{name: gpu, substrate: GCP, machine_type_ref: gpu}");
  const workspace = "name: dev, image_ref: base, placement: there, environment_ref: gpu";
  await cli.set("workspace", "dev", `{${workspace}}`);
  return cli;
}

/** @param accelerator such as `1 nvidia-tesla-t4` */
async function setTypes(
  { set }: GceCli,
  machineTypes: readonly string[],
  accelerator: string,
): Promise<void> {
  const [count = "", type = ""] = accelerator.split(" ");
  const types = `machine_types: [${machineTypes.join(", ")}]`;
  const spec = `{gce: {${types}, accelerators: [{type: ${type}, count: ${count}}]}}`;
  const size = SIZES[machineTypes[0] ?? ""] ?? "";
  const shape = `${size}, architecture: ARCHITECTURE_AMD64`;
  await set("machine-type", "gpu", `{name: gpu, ${shape}, spec: ${spec}}`);
}

describe("a machine-type record with accelerators", SLOW, () => {
  it("launches a machine with them, which stays on its host, and shows them in the plan", async () => {
    await using cli = await scene(["n1-standard-4"], "1 nvidia-tesla-t4");
    await cli.json("spawn", "dev", "--id", "one");
    expect(cli.gce.instances(PROJECT)).toMatchObject([
      {
        machineType: "n1-standard-4",
        accelerators: [{ type: "nvidia-tesla-t4", count: 1 }],
        scheduling: { onHostMaintenance: "TERMINATE" },
      },
    ]);
    expect(await cli.json("describe", "one")).toMatchObject({
      plan: {
        shape: { accelerators: [{ type: "nvidia-tesla-t4", count: 1 }] },
        machine_types: [
          { name: "n1-standard-4", gpus: [{ name: "nvidia-tesla-t4", count: 1, memory_gb: null }] },
        ],
        settings: { instance: { on_host_maintenance: "TERMINATE" } },
        sources: {
          "/shape/accelerators": "machine-type gpu generation 1 spec.gce.accelerators",
          "/settings/instance/on_host_maintenance":
            "machine type n1-standard-4: it has 1 × nvidia-tesla-t4",
        },
      },
    });
  });

  it("launches several machines with them by their names", async () => {
    await using cli = await scene(["n1-standard-4"], "1 nvidia-tesla-t4");
    await cli.run(["spawn", "dev", "--count", "3"]);
    expect(cli.gce.instances(PROJECT).map(({ accelerators }) => accelerators)).toEqual(
      Array.from({ length: 3 }, () => [{ type: "nvidia-tesla-t4", count: 1 }]),
    );
    expect(cli.changes()).toEqual(["instances.bulkInsert"]);
  });

  it("rejects the zones that do not have them", async () => {
    await using cli = await scene(["n1-standard-4"], "1 nvidia-tesla-p4");
    expect(await cli.json("resolve", "dev")).toMatchObject({
      candidates: [
        { place: "us-central1-a", verdict: "eligible" },
        {
          place: "us-central1-b",
          verdict: "rejected",
          reason: "us-central1-b has no accelerator type nvidia-tesla-p4",
        },
      ],
    });
  });

  it("is a warning if its has_gpu says otherwise", async () => {
    await using cli = await scene(["n1-standard-4"], "1 nvidia-tesla-t4");
    await cli.run(["patch", "machine-type", "gpu", "--set", "has_gpu=false"]);
    const { exitCode, stdout } = await cli.run(["resolve", "dev", "-o", "json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({
          outcome: "warning",
          message:
            "machine-type gpu says has_gpu: false, but n1-standard-4 has 1 × nvidia-tesla-t4",
        }),
      ]),
    });
  });

  it("is refused if no zone has them", async () => {
    await using cli = await scene(["n1-standard-4"], "1 nvidia-tesla-z9");
    const { exitCode, error } = await cli.refused(["resolve", "dev"]);
    expect(exitCode).toBe(3);
    expect(failures(error)).toEqual({ "accelerators.offered": "ACCELERATOR_NOT_FOUND" });
  });

  it.each([
    ["n2-standard-4", "1 nvidia-tesla-t4", "only N1 machines take accelerators"],
    ["g2-standard-4", "1 nvidia-tesla-t4", "g2-standard-4 comes with 1 × nvidia-l4"],
    ["n1-standard-4", "3 nvidia-tesla-t4", "a machine takes 1, 2, 4 of them"],
    ["n1-standard-16", "1 nvidia-tesla-v100", "with 1 of them a machine has at most 12 vCPUs"],
  ])("is refused for %s with %s, as the launch would be", async (machineType, what, why) => {
    await using cli = await scene([machineType], what);
    const { error } = await cli.refused(["resolve", "dev"]);
    expect(failures(error)).toEqual({ "machine-type.accelerators": "ACCELERATOR_UNSUPPORTED" });
    const check = error.checks?.find(({ name }) => name === "machine-type.accelerators");
    expect(check?.["message"]).toContain(why);
  });

  it("is refused for more than a machine may have", async () => {
    await using cli = await scene(["n1-standard-4"], "8 nvidia-tesla-t4");
    const { error } = await cli.refused(["resolve", "dev"]);
    expect(failures(error)).toEqual({
      "accelerators.count": "ACCELERATOR_UNSUPPORTED",
      "machine-type.accelerators": "ACCELERATOR_UNSUPPORTED",
    });
  });

  it("leaves out the types that do not take them", async () => {
    await using cli = await scene(["n1-standard-4", "n2-standard-4"], "1 nvidia-tesla-t4");
    cli.gce.setCapacity({ zone: "us-central1-a", machineType: "n1-standard-4", machines: 0 });
    const { stdout } = await cli.run(["spawn", "dev", "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      attempts: [
        { machine_type: "n1-standard-4", place: "us-central1-a", outcome: "rejected" },
        { machine_type: "n1-standard-4", place: "us-central1-b", outcome: "accepted" },
      ],
    });
  });
});
