import type { MachineShape } from "../../../src/plan/plan.ts";
import type { ContainerSettings } from "../settings.ts";

/** Limits in an image's configuration, with the OCI specification's names; bytes. */
export interface ImageLimits {
  readonly Memory?: number | undefined;
  readonly MemorySwap?: number | undefined;
  readonly CpuShares?: number | undefined;
}

export type ContainerResources = Pick<
  ContainerSettings,
  "memory" | "memorySwap" | "cpuShares" | "nanoCpus"
>;

/** The source of a value: the image's configuration, the machine's shape, or the engine's default. */
export type ResourceOrigin = "image" | "shape" | "engine";

export interface ResourceChoice {
  readonly resources: ContainerResources;
  readonly origins: Readonly<Record<keyof ContainerResources, ResourceOrigin>>;
}

const GIBIBYTE = 2 ** 30;
const NANO = 1e9;

/**
 * Computes a container's limits: the machine's shape overrides the image's one by one.
 *
 * `MemorySwap` is the total of memory and swap, so it belongs to the image's memory limit: a shape that sets the
 * memory drops it. In the OCI text `-1` disables swap, while the engine reads `-1` as unlimited. The image means a
 * total equal to the memory.
 */
export function containerResources(image: ImageLimits, shape: MachineShape): ResourceChoice {
  const memory =
    shape.memoryGb === null ? positive(image.Memory) : Math.round(shape.memoryGb * GIBIBYTE);
  const memorySwap = swapTotal(image, shape, memory);
  const cpuShares = positive(image.CpuShares);
  const nanoCpus = shape.vcpus === null ? null : Math.round(shape.vcpus * NANO);
  return {
    resources: { memory, memorySwap, cpuShares, nanoCpus },
    origins: {
      memory: origin(memory, shape.memoryGb === null ? "image" : "shape"),
      memorySwap: origin(memorySwap, "image"),
      cpuShares: origin(cpuShares, "image"),
      nanoCpus: origin(nanoCpus, "shape"),
    },
  };
}

function swapTotal(image: ImageLimits, shape: MachineShape, memory: number | null): number | null {
  if (image.MemorySwap === -1) return memory;
  return shape.memoryGb === null ? positive(image.MemorySwap) : null;
}

/** Both the specification and the engine write "not set" as zero. */
function positive(value: number | undefined): number | null {
  return value === undefined || value <= 0 ? null : value;
}

function origin(value: number | null, from: ResourceOrigin): ResourceOrigin {
  return value === null ? "engine" : from;
}
