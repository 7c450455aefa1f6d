import { describe, expect, it } from "vitest";
import { architectureOf, machineTypeSubstrate } from "../../../src/catalog/kinds.ts";
import { parseBody } from "../../../src/catalog/parse.ts";
import { refusal, violations } from "./violations.ts";

const environment = { name: "small", substrate: "AWS", machine_type_ref: "m7i" };

describe("an environment", () => {
  it.each([
    [{ ...environment, name: null }, "name is required"],
    [{ ...environment, name: "Small" }, "name must match [a-z][a-z0-9-]{0,62}"],
    [{ ...environment, description: "x".repeat(1025) }, "description exceeds 1024 byte limit"],
    [{ ...environment, substrate: "" }, "substrate is required"],
    [{ ...environment, machine_type_ref: "" }, "machine_type_ref is required"],
    [{ ...environment, disk_size_gb: -1 }, "disk_size_gb must be non-negative"],
  ])("is rejected with its specified message: %j", (body, message) => {
    expect(refusal("environment", body)).toMatchObject({ code: "INVALID_ARGUMENT", message });
    expect(violations("environment", body)).toEqual([message]);
  });

  it("is rejected with all messages in order", () => {
    expect(violations("environment", { disk_size_gb: -5, size: 1 })).toEqual([
      "name is required",
      "substrate is required",
      "machine_type_ref is required",
      "disk_size_gb must be non-negative",
      "unknown field size",
    ]);
  });

  it.each([
    [{ disk_size_gb: 1.5 }, "disk_size_gb: must be a whole number of GiB"],
    [{ disk_size_gb: "10" }, "disk_size_gb: must be a whole number of GiB"],
    [{ substrate: "AZURE" }, "substrate: must be AWS, GCP or DOCKER"],
    [{ disk_type_ref: "GP3" }, "disk_type_ref: must match [a-z][a-z0-9-]{0,62}"],
  ])("rejects %j", (more, message) => {
    expect(refusal("environment", { ...environment, ...more }).message).toBe(message);
  });

  it("keeps a size of 0, and stores the substrate's short form", () => {
    const body = {
      ...environment,
      substrate: "SUBSTRATE_AWS",
      disk_size_gb: 0,
      disk_type_ref: "slipway-gp3",
    };
    expect(parseBody("environment", body)).toEqual({
      name: "small",
      substrate: "AWS",
      machineTypeRef: "m7i",
      diskTypeRef: "slipway-gp3",
      diskSizeGb: 0,
    });
  });
});

describe("a machine type", () => {
  const machineType = (spec: unknown, more: object = {}) => ({
    name: "m",
    vcpus: 2,
    memory_gb: 7.5,
    architecture: "ARCHITECTURE_ARM64",
    spec,
    ...more,
  });

  it.each([
    [{ aws: { instance_type: "m7g.large" } }, "AWS"],
    [{ aws: { instance_types: ["m7g.large", "m6g.large"] } }, "AWS"],
    [{ gce: { machine_type: "t2a-standard-2" } }, "GCP"],
    [{ gce: { machine_types: ["t2a-standard-2", "c4a-standard-2"] } }, "GCP"],
    [{ docker: { cpus: 0.5, memory_gb: 0.25 } }, "DOCKER"],
    [{ docker: {} }, "DOCKER"],
  ])("has exactly one substrate: %j", (spec, substrate) => {
    const fields = parseBody("machine-type", machineType(spec, { has_gpu: false }));
    expect(machineTypeSubstrate(fields)).toBe(substrate);
    expect(architectureOf(fields)).toBe("arm64");
  });

  it.each([
    [machineType({}), "spec: must have exactly one of aws, gce, docker"],
    [
      machineType({ aws: { instance_type: "m7g.large" }, docker: {} }),
      "spec: must have exactly one of aws, gce, docker",
    ],
    [machineType(null), "spec is required"],
    [machineType({ aws: {} }), "spec.aws: must have exactly one of instance_type, instance_types"],
    [
      machineType({ aws: { instance_type: "m7g.large", instance_types: ["m7g.large"] } }),
      "spec.aws: must have exactly one of instance_type, instance_types",
    ],
    [
      machineType({ aws: { instance_types: [] } }),
      "spec.aws.instance_types: must name at least one type",
    ],
    [
      machineType({ aws: { instance_types: ["m7g.large", "m6g.large", "m7g.large"] } }),
      "spec.aws.instance_types: must not contain duplicates",
    ],
    [
      machineType({ aws: { instance_types: ["m7g.large", "M6g"] } }),
      "spec.aws.instance_types[1]: must be the provider's name for the type",
    ],
    [
      machineType({ aws: { instance_types: Array.from({ length: 21 }, (_, n) => `m${n}.large`) } }),
      "spec.aws.instance_types: must have at most 20 types",
    ],
    [
      machineType({ aws: { instance_type: "M7g" } }),
      "spec.aws.instance_type: must be the provider's name for the type",
    ],
    [machineType({ gce: {} }), "spec.gce: must have exactly one of machine_type, machine_types"],
    [
      machineType({ gce: { machine_types: ["n2-standard-2", "n2-standard-2"] } }),
      "spec.gce.machine_types: must not contain duplicates",
    ],
    [
      machineType({ gce: { machine_type: "n1-standard-4", accelerators: [] } }),
      "spec.gce.accelerators: must name one kind of accelerator",
    ],
    [
      machineType({
        gce: {
          machine_type: "n1-standard-4",
          accelerators: [{ type: "nvidia-tesla-t4", count: 0 }],
        },
      }),
      "spec.gce.accelerators[0].count: must be at least 1",
    ],
    [machineType({ docker: { cpus: 0 } }), "spec.docker.cpus: must be more than 0"],
    [machineType({ docker: { gpus: 1 } }), "unknown field spec.docker.gpus"],
    [machineType({ docker: {} }, { vcpus: 0 }), "vcpus: must be more than 0"],
    [machineType({ docker: {} }, { memory_gb: -1 }), "memory_gb: must be more than 0"],
    [
      machineType({ docker: {} }, { architecture: "sparc" }),
      "architecture: must be ARCHITECTURE_AMD64 or ARCHITECTURE_ARM64",
    ],
    [machineType({ docker: {} }, { has_gpu: "no" }), "has_gpu: must be true or false"],
  ])("is rejected: %j", (body, message) => {
    expect(refusal("machine-type", body).message).toBe(message);
  });
});

describe("a secret's record", () => {
  it.each(["TOKEN", "A", "A_1"])("may be named %s", (name) => {
    expect(parseBody("secret", { name })).toEqual({ name });
  });

  it.each(["token", "1A", "_A", "A-B", "A.B", "Ä"])("may not be named %s", (name) => {
    expect(refusal("secret", { name }).message).toBe("name must match [A-Z][A-Z0-9_]*");
  });
});
