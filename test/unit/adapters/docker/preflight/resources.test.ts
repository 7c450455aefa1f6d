import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { containerResources } from "../../../../../adapters/docker/preflight/resources.ts";

const NO_SHAPE = { record: null, vcpus: null, memoryGb: null, diskSizeGb: 0, diskType: null };
const MIB = 2 ** 20;
const GIB = 2 ** 30;

describe("containerResources", () => {
  it("sets no limit where neither image nor shape has one", () => {
    const { resources, origins } = containerResources({}, NO_SHAPE);
    expect(resources).toEqual({ memory: null, memorySwap: null, cpuShares: null, nanoCpus: null });
    expect(new Set(Object.values(origins))).toEqual(new Set(["engine"]));
  });

  it("takes the image's limits, zero being none", () => {
    const image = { Memory: 64 * MIB, MemorySwap: 128 * MIB, CpuShares: 8 };
    expect(containerResources(image, NO_SHAPE)).toEqual({
      resources: { memory: 64 * MIB, memorySwap: 128 * MIB, cpuShares: 8, nanoCpus: null },
      origins: { memory: "image", memorySwap: "image", cpuShares: "image", nanoCpus: "engine" },
    });
    const zero = containerResources({ Memory: 0, MemorySwap: 0, CpuShares: 0 }, NO_SHAPE);
    expect(Object.values(zero.resources)).toEqual([null, null, null, null]);
  });

  it("lets the shape's memory replace the image's, with the swap that belonged to it", () => {
    const image = { Memory: 64 * MIB, MemorySwap: 128 * MIB, CpuShares: 8 };
    const shape = { ...NO_SHAPE, vcpus: 0.5, memoryGb: 1.5 };
    expect(containerResources(image, shape)).toEqual({
      resources: { memory: 1.5 * GIB, memorySwap: null, cpuShares: 8, nanoCpus: 500_000_000 },
      origins: { memory: "shape", memorySwap: "engine", cpuShares: "image", nanoCpus: "shape" },
    });
  });

  it("disables swap for -1, regardless of the source of the memory limit", () => {
    const image = { Memory: 64 * MIB, MemorySwap: -1 };
    expect(containerResources(image, NO_SHAPE).resources.memorySwap).toBe(64 * MIB);
    const shape = { ...NO_SHAPE, memoryGb: 1 };
    expect(containerResources(image, shape).resources.memorySwap).toBe(GIB);
    expect(containerResources({ MemorySwap: -1 }, NO_SHAPE).resources.memorySwap).toBeNull();
  });

  it("never hands the engine a -1, a zero or a fraction", () => {
    const limit = fc.option(fc.integer({ min: -1, max: 2 ** 40 }), { nil: undefined });
    const amount = fc.option(fc.double({ min: 0.01, max: 1000, noNaN: true }), { nil: null });
    fc.assert(
      fc.property(limit, limit, limit, amount, amount, (memory, swap, shares, vcpus, memoryGb) => {
        const image = { Memory: memory, MemorySwap: swap, CpuShares: shares };
        const { resources } = containerResources(image, { ...NO_SHAPE, vcpus, memoryGb });
        for (const value of Object.values(resources))
          expect(value === null || (Number.isInteger(value) && value > 0)).toBe(true);
      }),
    );
  });
});
