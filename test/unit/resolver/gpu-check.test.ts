import { describe, expect, it } from "vitest";
import { gpuChecks } from "../../../src/resolver/gpu-check.ts";
import type { MachineTypeFacts } from "../../../src/plan/plan.ts";

const plain: MachineTypeFacts = { name: "n2-standard-2", vcpus: 2, memoryGb: 8, gpus: [] };
const withGpu: MachineTypeFacts = {
  ...plain,
  name: "g2-standard-4",
  gpus: [{ name: "nvidia-l4", count: 1, memoryGb: null }],
};

function record(hasGpu?: boolean): Parameters<typeof gpuChecks>[0] {
  return {
    name: "large",
    generation: 1,
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    updatedBy: "anyone",
    vcpus: 2,
    memoryGb: 8,
    architecture: "ARCHITECTURE_AMD64",
    spec: { gce: { machineTypes: ["n2-standard-2", "g2-standard-4"] } },
    ...(hasGpu === undefined ? {} : { hasGpu }),
  };
}

describe("has_gpu of a machine type", () => {
  it.each([
    [true, [plain, withGpu], "machine-type large says has_gpu: true, but n2-standard-2 has no GPU"],
    [
      false,
      [plain, withGpu],
      "machine-type large says has_gpu: false, but g2-standard-4 has 1 × nvidia-l4",
    ],
  ] as const)("%s is a warning if a type differs", (hasGpu, facts, message) => {
    expect(gpuChecks(record(hasGpu), facts)).toEqual([
      expect.objectContaining({
        name: "machine-type.gpus",
        outcome: "warning",
        reason: "MACHINE_TYPE_MISMATCH",
        message,
      }),
    ]);
  });

  it.each([
    [true, [withGpu]],
    [false, [plain]],
  ] as const)("%s passes if every type agrees", (hasGpu, facts) => {
    expect(gpuChecks(record(hasGpu), facts)).toMatchObject([{ outcome: "passed" }]);
  });

  it("is not compared if the record or the provider does not say it", () => {
    expect(gpuChecks(record(), [withGpu])).toEqual([]);
    expect(gpuChecks(record(true), [])).toEqual([]);
    expect(gpuChecks(null, [withGpu])).toEqual([]);
  });
});
