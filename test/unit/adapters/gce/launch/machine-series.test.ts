import { describe, expect, it } from "vitest";
import { machineTypeReply } from "../../../../../adapters/gce/client/replies.ts";
import {
  bootDiskSupport,
  defaultBootDisk,
  obstacleToMigration,
} from "../../../../../adapters/gce/launch/machine-series.ts";

function obstacleOf(name: string, reply: Readonly<Record<string, unknown>> = {}): string | null {
  return obstacleToMigration(machineTypeReply.parse({ name, ...reply }), {});
}

function gpus(guestAcceleratorType: string, guestAcceleratorCount: number) {
  return { accelerators: [{ guestAcceleratorType, guestAcceleratorCount }] };
}

describe("obstacleToMigration", () => {
  it("is what the reply says of accelerators, whatever the name", () => {
    expect(obstacleOf("g2-standard-4", gpus("nvidia-l4", 1))).toBe("it comes with 1 × nvidia-l4");
    expect(obstacleOf("q7-standard-4", gpus("nvidia-z9", 8))).toBe("it comes with 8 × nvidia-z9");
  });

  it.each([
    "c3-standard-192-metal",
    "x4-megamem-960-metal",
    "z3-highmem-192-highlssd-metal",
    "h4d-highmem-192-lssd",
    "ct5lp-hightpu-4t",
    "tpu7x-standard-4t",
    "z3-highmem-88-highlssd",
    "z3-highmem-176-standardlssd",
    "z3-highmem-88",
  ])("of %s is documented", (name) => {
    expect(obstacleOf(name)).not.toBeNull();
  });

  it.each([
    "e2-standard-4",
    "n2-standard-4",
    "n1-standard-1",
    "h3-standard-88",
    "c4-standard-8-lssd",
    "m3-ultramem-32",
    "z3-highmem-44-highlssd",
    "z3-highmem-88-standardlssd",
    "custom-4-16384",
  ])("of %s is none", (name) => {
    expect(obstacleOf(name)).toBeNull();
  });

  it("of Z4D depends on its local SSDs", () => {
    const withSsds = (partitionCount: number) => ({ bundledLocalSsds: { partitionCount } });
    expect(obstacleOf("z4d-highmem-192-standardlssd", withSsds(12))).toBeNull();
    expect(obstacleOf("z4d-highmem-192-highlssd", withSsds(24))).toBe(
      "its local SSDs are too large",
    );
  });
});

describe("bootDiskSupport", () => {
  it.each([
    ["n4-standard-2", "pd-balanced"],
    ["n4-custom-4-16384", "pd-ssd"],
    ["c4-standard-8", "pd-standard"],
    ["c4a-standard-4", "pd-extreme"],
    ["c4d-standard-4", "pd-ssd"],
    ["n4a-standard-2", "pd-balanced"],
    ["n4d-standard-2", "pd-balanced"],
    ["h4d-standard-192", "pd-balanced"],
    ["x4-megamem-960-metal", "pd-balanced"],
    ["m4-megamem-28", "pd-ssd"],
    ["a3-ultragpu-8g", "pd-ssd"],
    ["a4-highgpu-8g", "pd-balanced"],
    ["g4-standard-48", "pd-balanced"],
    ["z4d-highmem-8-highlssd", "pd-balanced"],
    ["c3-standard-4", "pd-standard"],
    ["z3-highmem-14-standardlssd", "pd-standard"],
    ["h3-standard-88", "pd-ssd"],
    ["n2-standard-4", "hyperdisk-throughput"],
    ["c3-standard-4", "hyperdisk-extreme"],
    ["q7-standard-4", "hyperdisk-ml"],
  ])("refuses %s with %s", (machineType, diskType) => {
    expect(bootDiskSupport(machineType, diskType)).toBe("refused");
  });

  it.each([
    ["n4-standard-2", "hyperdisk-balanced"],
    ["c3-standard-4", "pd-ssd"],
    ["c3-standard-192-metal", "hyperdisk-balanced"],
    ["a3-highgpu-8g", "pd-balanced"],
    ["e2-small", "pd-standard"],
    ["f1-micro", "pd-standard"],
    ["custom-4-16384", "pd-ssd"],
    ["n2-custom-4-16384", "pd-ssd"],
  ])("accepts %s with %s", (machineType, diskType) => {
    expect(bootDiskSupport(machineType, diskType)).toBe("documented");
  });

  it.each([
    ["e2-small", "hyperdisk-balanced"],
    ["n2-standard-4", "pd-extreme"],
    ["q7-standard-4", "pd-balanced"],
    ["n4-standard-2", "hyperdisk-next"],
  ])("says nothing of %s with %s", (machineType, diskType) => {
    expect(bootDiskSupport(machineType, diskType)).toBe("undocumented");
  });
});

describe("defaultBootDisk", () => {
  it.each([
    ["n4-standard-2", "hyperdisk-balanced"],
    ["c3-standard-4", "pd-balanced"],
    ["a3-ultragpu-8g", "hyperdisk-balanced"],
    ["e2-small", null],
    ["q7-standard-4", null],
  ])("of %s is %s", (machineType, diskType) => {
    expect(defaultBootDisk(machineType)).toBe(diskType);
  });
});
