import type { DiskOptions } from "../../../src/plan/disk.ts";
import type { failed } from "../../../src/substrate/check.ts";

type Fault = Parameters<typeof failed>[1];

interface Limits {
  /** GiB. */
  readonly sizes: readonly [least: number, most: number];
  /** The most IOPS for each GiB; absent for types whose IOPS cannot be set. */
  readonly iopsPerGib?: number;
  /** IOPS that a volume of any size has. */
  readonly baseline?: number;
}

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html; EC2 decides about types that it lacks. */
const LIMITS: Readonly<Record<string, Limits>> = {
  standard: { sizes: [1, 1_024] },
  gp2: { sizes: [1, 16_384] },
  gp3: { sizes: [1, 65_536], iopsPerGib: 500, baseline: 3_000 },
  io1: { sizes: [4, 16_384], iopsPerGib: 50 },
  io2: { sizes: [4, 65_536], iopsPerGib: 1_000 },
  st1: { sizes: [125, 16_384] },
  sc1: { sizes: [125, 16_384] },
};

/** "This parameter is required for io1 and io2 volumes" (EbsBlockDevice in the Amazon EC2 API Reference). */
const WITH_IOPS: ReadonlySet<string> = new Set(["io1", "io2"]);

/** Whether EC2 creates no volume of the type because the record does not say how many IOPS it has. */
export function needsIops(type: string, { iops }: DiskOptions = {}): boolean {
  return WITH_IOPS.has(type) && iops === undefined;
}

/** The finding about a type that {@link needsIops}. */
export function iopsMissing(type: string) {
  return {
    message: `a volume of type ${type} needs a number of IOPS`,
    remedy: "Set spec.aws.iops of the disk-type record, or name a record of gp3.",
  };
}

/** The failure of a type that EC2 does not have; null if it has it. */
export function typeFault(type: string, volumeTypes: readonly string[]): Fault | null {
  if (volumeTypes.includes(type)) return null;
  return {
    code: "FAILED_PRECONDITION",
    reason: "DISK_TYPE_NOT_FOUND",
    message: `EC2 has no volume type ${type}; it has ${volumeTypes.join(", ")}`,
    remedy: "Name a disk-type record of gp3, gp2 or standard in the environment.",
    metadata: { disk_type: type },
  };
}

interface SizedVolume {
  readonly type: string;
  /** GiB. */
  readonly sizeGb: number;
  readonly iops?: number;
}

function limitsOf(type: string): Limits | null {
  return Object.hasOwn(LIMITS, type) ? (LIMITS[type] ?? null) : null;
}

/** Why EC2 creates no volume of this size; null if it does, as far as its limits are known. */
export function sizeFault({ type, sizeGb }: SizedVolume): string | null {
  const [least, most] = limitsOf(type)?.sizes ?? [1, Number.POSITIVE_INFINITY];
  if (sizeGb >= least && sizeGb <= most) return null;
  return `${sizeGb} GiB are not possible: ${type} volumes have ${least} to ${most} GiB`;
}

/** Why a volume of this size cannot have so many IOPS; null if it can. */
export function performanceFault({ type, sizeGb, iops = 0 }: SizedVolume): string | null {
  const { iopsPerGib = Number.POSITIVE_INFINITY, baseline = 0 } = limitsOf(type) ?? {};
  if (iops <= Math.max(baseline, iopsPerGib * sizeGb)) return null;
  return `${iops} IOPS need ${Math.ceil(iops / iopsPerGib)} GiB, but it has ${sizeGb}: ${type} gives at most ${iopsPerGib} IOPS for each GiB`;
}
