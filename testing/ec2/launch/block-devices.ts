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

/** The types whose performance can be chosen. */
const PROVISIONED: ReadonlySet<string> = new Set(["gp3", "io1", "io2"]);

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
  requirePerformance(type, { ...ebs, Iops: iops });
  const [smallest, largest] = SIZES[type] ?? [1, 16_384];
  if (sizeGib < smallest || sizeGib > largest)
    throw invalidMapping(
      `Volume of ${sizeGib}GiB is invalid; ${type} volumes are from ${smallest}GiB to ${largest}GiB`,
    );
  return {
    device,
    snapshotId,
    sizeGib,
    type,
    iops: iops ?? standardIops(type, sizeGib),
    throughput: ebs.Throughput ?? own?.throughput ?? standardThroughput(type),
    encrypted: ebs.Encrypted ?? base?.encrypted ?? false,
    deleteOnTermination: ebs.DeleteOnTermination ?? base?.deleteOnTermination ?? true,
  };
}

function requirePerformance(type: string, { Iops, Throughput }: EbsParameters): void {
  const isProvisioned = type === "io1" || type === "io2";
  if (isProvisioned && Iops === null) throw missingParameter("iops");
  if (!PROVISIONED.has(type) && Iops !== null)
    throw invalidCombination(`The parameter iops is not supported for ${type} volumes.`);
  if (type !== "gp3" && Throughput !== null)
    throw invalidCombination(`The parameter throughput is not supported for ${type} volumes.`);
  if (type === "gp3" && Iops !== null && Iops < 3000)
    throw invalidMapping(`Volume iops of ${Iops} is too low; minimum is 3000.`);
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
