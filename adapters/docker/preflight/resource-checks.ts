import type { Check, MachineShape } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import { isPodman, isRootless } from "../client/engine-facts.ts";
import type { EngineFacts } from "../client/engine-facts.ts";
import type { ContainerResources, ImageLimits } from "./resources.ts";

export interface ResourceCheckInput {
  readonly resources: ContainerResources;
  /** The image's own limits. */
  readonly image: ImageLimits;
  readonly shape: MachineShape;
  readonly engine: EngineFacts;
}

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;
const NANO = 1e9;
/** The engine's minimums: `Minimum memory limit allowed is 6MB`, `Range of CPUs is from 0.01`. */
const LEAST_MEMORY = 6 * MEBIBYTE;
const LEAST_CPUS = 0.01;
/** runc's and the kernel's range. */
const LEAST_SHARES = 2;
const MOST_SHARES = 262_144;
const DELEGATE =
  "Delegate the cpu and memory controllers to the engine's user (Delegate= of systemd's user@.service)";

/** Checks the limits against this engine's ranges and capabilities. */
export function resourceChecks(input: ResourceCheckInput): readonly Check[] {
  return [
    memoryCheck(input),
    swapCheck(input),
    cpuCheck(input),
    sharesCheck(input),
    ...diskChecks(input.shape),
  ];
}

/** The cgroup controller that a limit needs. */
type Controller = "memory" | "cpu";

/**
 * The check of a limit that this engine cannot apply; null if it can. A rootless engine needs cgroups v2, and systemd to
 * delegate the controllers to its user. https://docs.docker.com/engine/security/rootless/,
 * https://github.com/containers/podman/blob/main/troubleshooting.md (26)
 */
function rootlessCheck(name: string, engine: EngineFacts, controller: Controller): Check | null {
  const { info, controllers } = engine;
  const isIgnored =
    info.CgroupDriver === "none" || (isRootless(engine) && info.CgroupVersion === "1");
  if (isIgnored)
    return warning(name, {
      message:
        "the engine is rootless and has no cgroups of its own: the limit will have no effect",
      remedy: `${DELEGATE}; the host needs cgroups v2 and systemd.`,
    });
  if (controllers === null || controllers.has(controller)) return null;
  const message = `the engine is rootless, and its user may not use the ${controller} cgroup controller`;
  // crun refuses a limit without its controller only in a cgroup that systemd has made.
  if (info.CgroupDriver !== "systemd")
    return warning(name, {
      message: `${message}: the limit may have no effect`,
      remedy: `${DELEGATE}.`,
    });
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_HOST_FAULT",
    message: `${message}: no container with this limit would start`,
    remedy: `${DELEGATE}, or leave the limit out of the environment.`,
    blastRadius: "zone",
  });
}

function memoryCheck({ resources, engine }: ResourceCheckInput): Check {
  const { info } = engine;
  const name = "resources.memory";
  const { memory } = resources;
  if (memory === null) return passed(name, "no memory limit");
  if (memory < LEAST_MEMORY)
    return refused(name, `memory of ${memory} bytes is below the engine's minimum, 6 MiB`);
  const rootless = rootlessCheck(name, engine, "memory");
  if (rootless !== null) return rootless;
  if (!info.MemoryLimit)
    return warning(name, {
      message: "the engine's kernel cannot limit memory: the limit will have no effect",
      remedy: "Enable the memory cgroup on the engine's host.",
    });
  if (info.MemTotal > 0 && memory > info.MemTotal)
    return warning(name, {
      message: `a limit of ${gibibytes(memory)} GiB is more than the engine's host has (${gibibytes(info.MemTotal)} GiB)`,
      remedy: "Choose a smaller machine type, or an engine with more memory.",
    });
  return passed(name, `memory is limited to ${gibibytes(memory)} GiB`);
}

function swapCheck({ resources, image, engine }: ResourceCheckInput): Check {
  const name = "resources.memory_swap";
  const { memory, memorySwap } = resources;
  if (memorySwap === null && image.MemorySwap === -1)
    return warning(name, {
      message: "the image disables swap, which the engine can only do together with a memory limit",
      remedy: "Give the workspace an environment with memory, or the image a Memory limit.",
    });
  if (memorySwap === null) return passed(name, "the engine's default swap limit");
  if (memory === null)
    return refused(name, "the image sets MemorySwap without Memory, which the engine refuses");
  if (memorySwap < memory)
    return refused(
      name,
      `MemorySwap (${memorySwap} bytes, a total) is less than Memory (${memory} bytes)`,
    );
  const rootless = rootlessCheck(name, engine, "memory");
  if (rootless !== null) return rootless;
  if (!engine.info.SwapLimit)
    return warning(name, {
      message: "the engine's kernel cannot limit swap: the limit will have no effect",
      remedy: "Boot the engine's host with swapaccount=1.",
    });
  return passed(name, `memory and swap together are limited to ${gibibytes(memorySwap)} GiB`);
}

function cpuCheck({ resources, engine }: ResourceCheckInput): Check {
  const { info } = engine;
  const name = "resources.cpu";
  if (resources.nanoCpus === null) return passed(name, "no processor limit");
  const cpus = resources.nanoCpus / NANO;
  if (cpus < LEAST_CPUS)
    return refused(name, `${cpus} processors are below the engine's minimum, ${LEAST_CPUS}`);
  if (info.NCPU > 0 && cpus > info.NCPU) {
    const excess = `${cpus} processors are more than the engine has (${info.NCPU})`;
    // Podman takes any number.
    if (!isPodman(engine)) return refused(name, excess);
    return warning(name, { message: excess, remedy: "Choose a smaller machine type." });
  }
  const rootless = rootlessCheck(name, engine, "cpu");
  if (rootless !== null) return rootless;
  if (!info.CpuCfsQuota)
    return refused(name, "the engine's kernel cannot limit processors, so the engine refuses it");
  return passed(name, `limited to ${cpus} processors`);
}

function sharesCheck({ resources, engine }: ResourceCheckInput): Check {
  const name = "resources.cpu_shares";
  const { cpuShares } = resources;
  if (cpuShares === null) return passed(name, "the engine's default weight");
  if (cpuShares < LEAST_SHARES || cpuShares > MOST_SHARES)
    return refused(
      name,
      `CpuShares of ${cpuShares} are not within ${LEAST_SHARES} and ${MOST_SHARES}`,
    );
  const rootless = rootlessCheck(name, engine, "cpu");
  if (rootless !== null) return rootless;
  if (!engine.info.CPUShares)
    return warning(name, {
      message: "the engine's kernel does not support CPU shares: they will have no effect",
      remedy: "Enable the cpu cgroup on the engine's host.",
    });
  return passed(name, `a weight of ${cpuShares} CPU shares`);
}

/** Containers share the engine's disk, without limits. */
function diskChecks({ diskSizeGb, diskType }: MachineShape): readonly Check[] {
  if (diskSizeGb === 0 && diskType === null) return [];
  const request = diskSizeGb === 0 ? `the disk type ${diskType}` : `a disk of ${diskSizeGb} GiB`;
  return [
    warning("resources.disk", {
      message: `the environment asks for ${request}, which a Docker engine does not provide: containers share its disk`,
      remedy: "Leave disk_size_gb and disk_type_ref out of the environment.",
    }),
  ];
}

function refused(name: string, why: string): Check {
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "RESOURCE_VALUE_REFUSED",
    message: why,
    remedy: "Change the value in the environment's machine type or in the image's configuration.",
  });
}

function gibibytes(bytes: number): string {
  return String(Number((bytes / GIBIBYTE).toFixed(bytes < GIBIBYTE ? 3 : 1)));
}
