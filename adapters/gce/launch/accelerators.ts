import type { Accelerator } from "../../../src/plan/plan.ts";
import type { MachineTypeReply } from "../client/replies.ts";
import { isSharedN1, seriesOf, isKnownSeries } from "./machine-series.ts";

/** The largest N1 machine that takes a number of GPUs. */
interface N1Limit {
  readonly vcpus: number;
  /** GiB. */
  readonly memoryGb: number;
}

const of = (vcpus: number, memoryGb: number): N1Limit => ({ vcpus, memoryGb });

/**
 * The numbers of GPUs that N1 machines take, each with its limit. A type that is missing here is left to the API.
 * https://cloud.google.com/compute/docs/gpus#n1-gpus
 */
const ON_N1: ReadonlyMap<string, ReadonlyMap<number, N1Limit>> = new Map([
  [
    "nvidia-tesla-t4",
    new Map([
      [1, of(48, 312)],
      [2, of(48, 312)],
      [4, of(96, 624)],
    ]),
  ],
  [
    "nvidia-tesla-p4",
    new Map([
      [1, of(24, 156)],
      [2, of(48, 312)],
      [4, of(96, 624)],
    ]),
  ],
  [
    "nvidia-tesla-v100",
    new Map([
      [1, of(12, 78)],
      [2, of(24, 156)],
      [4, of(48, 312)],
      [8, of(96, 624)],
    ]),
  ],
  [
    "nvidia-tesla-p100",
    new Map([
      [1, of(16, 104)],
      [2, of(32, 208)],
      [4, of(96, 624)],
    ]),
  ],
]);

/** Ends the name of a GPU for virtual workstations, which is otherwise the same GPU. */
const WORKSTATION = /-vws$/;

/**
 * Why these accelerators cannot be attached to a machine of this type; null if they can, or if it is not documented. Only
 * N1 machines without shared cores take accelerators. Types with accelerators of their own take these, such as the
 * virtual workstations of the same GPU.
 */
export function acceleratorObstacle(
  { type, count }: Accelerator,
  machine: MachineTypeReply,
): string | null {
  const { name, accelerators, guestCpus, memoryMb } = machine;
  const [own] = accelerators;
  if (own !== undefined) {
    const isOwn = own.guestAcceleratorType === type.replace(WORKSTATION, "");
    if (isOwn && (own.guestAcceleratorCount ?? count) === count) return null;
    return `${name} comes with ${own.guestAcceleratorCount ?? 1} × ${own.guestAcceleratorType}`;
  }
  if (!isN1(name)) return isKnownSeries(name) ? `only N1 machines take accelerators` : null;
  if (isSharedN1(name)) return `${name} has shared cores`;
  const limits = ON_N1.get(type.replace(WORKSTATION, ""));
  const limit = limits?.get(count);
  if (limits !== undefined && limit === undefined)
    return `a machine takes ${[...limits.keys()].join(", ")} of them`;
  if (limit === undefined) return null;
  const isTooLarge = (guestCpus ?? 0) > limit.vcpus || (memoryMb ?? 0) > limit.memoryGb * 1024;
  return isTooLarge
    ? `with ${count} of them a machine has at most ${limit.vcpus} vCPUs and ${limit.memoryGb} GiB`
    : null;
}

/** Custom types of N1 have no series in their name. */
function isN1(machineType: string): boolean {
  const series = seriesOf(machineType);
  return ["n1", "custom", "f1", "g1"].includes(series);
}
