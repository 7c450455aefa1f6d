import { Ec2Failure, invalidCombination, missingParameter } from "../failure.ts";
import { bootDevice } from "../images.ts";
import type { Image } from "../records.ts";
import type { BlockDeviceParameters } from "./shape.ts";

/** A volume to create with a machine. */
export interface DevicePlan {
  readonly device: string;
  readonly snapshotId: string | null;
  readonly sizeGib: number;
  readonly type: string;
  readonly iops: number | null;
  readonly throughput: number | null;
  readonly encrypted: boolean;
  /** As the request names it. */
  readonly kmsKeyId: string | null;
  readonly deleteOnTermination: boolean;
}

type EbsParameters = NonNullable<BlockDeviceParameters[number]["Ebs"]>;

/** Minimum and maximum size in GiB of each volume type ("Amazon EBS volume types"). */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  standard: [1, 1024],
  gp2: [1, 16_384],
  gp3: [1, 65_536],
  io1: [4, 16_384],
  io2: [4, 65_536],
  st1: [125, 16_384],
  sc1: [125, 16_384],
};

interface Performance {
  readonly iops: readonly [least: number, most: number];
  readonly iopsPerGib: number;
}

/** The types whose performance can be chosen. */
const PROVISIONED: ReadonlyMap<string, Performance> = new Map([
  ["gp3", { iops: [3_000, 80_000], iopsPerGib: 500 }],
  ["io1", { iops: [100, 64_000], iopsPerGib: 50 }],
  ["io2", { iops: [100, 256_000], iopsPerGib: 1_000 }],
]);
const GP3_THROUGHPUT = [125, 2_000] as const;
const IOPS_OF_GP3 = 3_000;

/** The image's devices, overridden by name by those of the request. */
export function planDevices(
  image: Image,
  parameters: BlockDeviceParameters,
): readonly DevicePlan[] {
  const plans = new Map<string, DevicePlan>(
    image.devices.map((one): [string, DevicePlan] => [
      one.device,
      {
        ...one,
        kmsKeyId: null,
        iops: one.iops ?? standardIops(one.type, one.sizeGib),
        throughput: one.throughput ?? standardThroughput(one.type),
      },
    ]),
  );
  const seen = new Set<string>();
  for (const { DeviceName, VirtualName, NoDevice, Ebs } of parameters) {
    if (DeviceName === null) throw missingParameter("deviceName");
    if (seen.has(DeviceName)) throw invalidMapping(`Duplicate device name ${DeviceName}`);
    seen.add(DeviceName);
    if (NoDevice !== null) plans.delete(DeviceName);
    else if (Ebs !== null) plans.set(DeviceName, overlay(DeviceName, plans.get(DeviceName), Ebs));
    else if (VirtualName === null) throw missingParameter("ebs");
  }
  const root = bootDevice(image);
  if (root === null || !plans.has(root))
    throw invalidMapping(`The root device '${root ?? image.rootDeviceName}' must not be left out`);
  return [...plans.values()];
}

function overlay(device: string, base: DevicePlan | undefined, ebs: EbsParameters): DevicePlan {
  const snapshotId = ebs.SnapshotId ?? base?.snapshotId ?? null;
  const sizeGib = ebs.VolumeSize ?? base?.sizeGib;
  if (sizeGib === undefined) throw missingParameter("size or snapshotId");
  if (base !== undefined && base.snapshotId === snapshotId && sizeGib < base.sizeGib)
    throw invalidMapping(
      `Volume of size ${sizeGib}GB is smaller than snapshot '${snapshotId}', expect size >= ${base.sizeGib}GB`,
    );

  const type = ebs.VolumeType ?? base?.type ?? "gp2";
  // A volume of the image's own type keeps the performance that the image provisions.
  const own = PROVISIONED.has(type) && base?.type === type ? base : undefined;
  const iops = ebs.Iops ?? own?.iops ?? null;
  const throughput = ebs.Throughput ?? own?.throughput ?? null;
  requirePerformance(type, { iops, throughput });
  if (ebs.KmsKeyId !== null && ebs.Encrypted !== true)
    throw new Ec2Failure(
      "InvalidParameterDependency",
      "The parameter KmsKeyId requires the parameter Encrypted to be set.",
    );
  const [smallest, largest] = SIZES[type] ?? [1, 16_384];
  if (sizeGib < smallest || sizeGib > largest)
    throw invalidMapping(
      `Volume of ${sizeGib}GiB is invalid; ${type} volumes are from ${smallest}GiB to ${largest}GiB`,
    );
  requireRatios(type, { sizeGib, iops, throughput });
  return {
    device,
    snapshotId,
    sizeGib,
    type,
    iops: iops ?? standardIops(type, sizeGib),
    throughput: throughput ?? standardThroughput(type),
    encrypted: ebs.Encrypted ?? base?.encrypted ?? false,
    kmsKeyId: ebs.KmsKeyId,
    deleteOnTermination: ebs.DeleteOnTermination ?? base?.deleteOnTermination ?? true,
  };
}

interface Requested {
  readonly iops: number | null;
  readonly throughput: number | null;
}

function requirePerformance(type: string, { iops, throughput }: Requested): void {
  const provisioned = PROVISIONED.get(type);
  const isRequired = type === "io1" || type === "io2";
  if (isRequired && iops === null) throw missingParameter("iops");
  if (provisioned === undefined && iops !== null)
    throw invalidCombination(`The parameter iops is not supported for ${type} volumes.`);
  if (type !== "gp3" && throughput !== null)
    throw invalidCombination(`The parameter throughput is not supported for ${type} volumes.`);
  if (provisioned !== undefined) requireRange("iops", iops, provisioned.iops);
  requireRange("throughput", throughput, GP3_THROUGHPUT);
}

/** EC2's words: https://github.com/runs-on/runs-on/issues/260 has them for the throughput. */
function requireRange(
  what: string,
  value: number | null,
  [least, most]: readonly [number, number],
): void {
  if (value !== null && value < least)
    throw invalidMapping(`Volume ${what} of ${value} is too low; minimum is ${least}.`);
  if (value !== null && value > most)
    throw invalidMapping(`Volume ${what} of ${value} is too high; maximum is ${most}.`);
}

function requireRatios(
  type: string,
  { sizeGib, iops, throughput }: Requested & { readonly sizeGib: number },
): void {
  const ratio = PROVISIONED.get(type)?.iopsPerGib ?? Infinity;
  const isBaseline = type === "gp3" && iops === IOPS_OF_GP3;
  if (iops !== null && !isBaseline && iops > ratio * sizeGib)
    throw invalidMapping(
      `Iops to volume size ratio of ${(iops / sizeGib).toFixed(6)} is too high; maximum is ${ratio}`,
    );
  const perIops = (throughput ?? 0) / (iops ?? IOPS_OF_GP3);
  if (perIops > 0.25)
    throw invalidMapping(
      `Throughput (MiBps) to iops ratio of ${perIops.toFixed(6)} is too high; maximum is 0.250000 MiBps per iops.`,
    );
}

function standardIops(type: string, sizeGib: number): number | null {
  if (type === "gp3") return 3000;
  return type === "gp2" ? Math.min(16_000, Math.max(100, 3 * sizeGib)) : null;
}

function standardThroughput(type: string): number | null {
  return type === "gp3" ? 125 : null;
}

function invalidMapping(message: string): Ec2Failure {
  return new Ec2Failure("InvalidBlockDeviceMapping", message);
}
