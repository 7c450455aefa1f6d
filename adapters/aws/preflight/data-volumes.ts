import type { DataDisk } from "../../../src/plan/disk.ts";
import type { Check, MachineShape } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import type { DataVolume } from "../settings.ts";
import type { TypeChoice } from "./type-choice.ts";
import { iopsMissing, needsIops, performanceFault, sizeFault, typeFault } from "./volume-limits.ts";

interface DataVolumeInput {
  readonly shape: Pick<MachineShape, "dataDisks">;
  /** Null if the image could not be read. */
  readonly image: ImageFacts | null;
}

/** EC2's own default, gp2, is slower and costs more. */
const DEFAULT_TYPE = "gp3";

const A = 0x61;
const LETTERS = Array.from({ length: 26 }, (_, at) => String.fromCodePoint(A + at));
/** From `f` on: Amazon recommends these for data volumes, and keeps `b` to `e` for instance stores. */
const FIRST_LETTER = LETTERS.indexOf("f");
/**
 * The names of devices that no kind of machine uses for something else, in the order in which they are taken.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html and, for the longer ones,
 * https://github.com/kubernetes/kubernetes/commit/89d075f3fbba0a166673993931ed63852fdb95f6
 */
const DEVICES: readonly string[] = [
  ...LETTERS.slice(FIRST_LETTER).map((letter) => `/dev/sd${letter}`),
  ...["b", "c"].flatMap((first) => LETTERS.map((letter) => `/dev/xvd${first}${letter}`)),
];

/** `/dev/sdf`, `/dev/sdf1` and `xvdf` may all be the same device of the machine. */
function letterOf(device: string): string {
  return /(?:sd|xvd|hd)([a-z]+)\d*$/.exec(device)?.[1] ?? device;
}

function freeDevices(image: ImageFacts | null): readonly string[] {
  const names = [
    ...(image?.volumes ?? []).map(({ device }) => device),
    ...(image?.otherDevices ?? []),
    image?.rootDeviceName ?? "",
  ];
  const taken = new Set(names.map(letterOf));
  return DEVICES.filter((device) => !taken.has(letterOf(device)));
}

/** The data disks as volumes, each under a device name that the image does not use. */
export function dataVolumesOf({ shape, image }: DataVolumeInput): readonly DataVolume[] {
  const free = freeDevices(image);
  return (shape.dataDisks ?? []).flatMap((disk, index): DataVolume[] => {
    const device = free[index];
    if (device === undefined) return [];
    const { name, diskType, sizeGb, keepOnTermination, kmsKey, ...options } = disk;
    return [
      {
        name,
        device,
        sizeGb,
        type: diskType ?? DEFAULT_TYPE,
        ...options,
        ...(kmsKey === undefined ? {} : { kmsKeyId: kmsKey }),
        deleteOnTermination: !keepOnTermination,
      },
    ];
  });
}

/** The checks of an environment's data disks; none if it has no data disk. */
export function dataVolumeChecks(
  input: DataVolumeInput & {
    readonly volumeTypes: readonly string[];
    readonly machineTypes: readonly TypeChoice[];
  },
): readonly Check[] {
  const { shape, image, volumeTypes } = input;
  const dataDisks = shape.dataDisks ?? [];
  if (dataDisks.length === 0) return [];
  const faults = [
    ...nameFaults(dataDisks, freeDevices(image).length),
    ...dataDisks.flatMap((disk) => diskFaults(disk, volumeTypes)),
  ];
  const volumes = dataVolumesOf(input).map(
    ({ name, device, sizeGb, type }) => `${name} (${sizeGb} GiB ${type}) is ${device}`,
  );
  return [
    ...(faults.length > 0 ? faults : [passed("data-disks.devices", volumes.join(", "))]),
    ...attachmentChecks(input),
  ];
}

function nameFaults(dataDisks: readonly DataDisk[], free: number): readonly Check[] {
  if (dataDisks.length <= free) return [];
  return [
    failed("data-disks.devices", {
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      message: `there are ${dataDisks.length} data disks, but EC2 has names for ${free} beside the image's own devices`,
      remedy: "Have fewer data_disks in the environment.",
      metadata: { data_disks: dataDisks.length, free_devices: free },
    }),
  ];
}

function diskFaults(disk: DataDisk, volumeTypes: readonly string[]): readonly Check[] {
  const { name, sizeGb } = disk;
  const type = disk.diskType ?? DEFAULT_TYPE;
  const of = (message: string) => `data disk ${name}: ${message}`;
  const missing = typeFault(type, volumeTypes);
  if (missing !== null)
    return [failed("data-disks.type", { ...missing, message: of(missing.message) })];
  const refused = (check: string, { message, remedy }: { message: string; remedy: string }) =>
    failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      message: of(message),
      remedy,
      metadata: { data_disk: name, disk_type: type, size_gb: sizeGb },
    });
  if (needsIops(type, disk)) return [refused("data-disks.type", iopsMissing(type))];
  const { iops } = disk;
  const volume = { type, sizeGb, ...(iops === undefined ? {} : { iops }) };
  const size = sizeFault(volume);
  const performance = performanceFault(volume);
  const sizeRemedy = "Correct size_gb of the data disk, or name another disk type.";
  const performanceRemedy =
    "Lower iops in the disk-type record, or raise size_gb of the data disk.";
  return [
    ...(size === null ? [] : [refused("data-disks.size", { message: size, remedy: sizeRemedy })]),
    ...(performance === null
      ? []
      : [refused("data-disks.performance", { message: performance, remedy: performanceRemedy })]),
  ];
}

const ATTACHMENTS = "data-disks.attachments";

/** Types for which EC2 says how many volumes a machine may have, and that are too few. */
function attachmentChecks({
  shape,
  image,
  machineTypes,
}: DataVolumeInput & { readonly machineTypes: readonly TypeChoice[] }): readonly Check[] {
  const volumes = (image?.volumes.length ?? 0) + (shape.dataDisks?.length ?? 0);
  const limits = machineTypes.map(({ name, info }) => ({ name, most: mostVolumes(info) }));
  const tooSmall = limits.filter(({ most }) => most !== null && most < volumes);
  if (tooSmall.length === 0) return [];
  const finding = {
    code: "FAILED_PRECONDITION",
    reason: "RESOURCE_VALUE_REFUSED",
    message: `a machine of this plan has ${volumes} volumes, but ${tooSmall.map(({ name, most }) => `${name} takes ${most}`).join(" and ")}`,
    remedy: "Have fewer data_disks in the environment, or name another machine type.",
    metadata: { volumes, machine_types: tooSmall.map(({ name }) => name) },
  } as const;
  // The launch goes on with the other types.
  return [
    tooSmall.length < machineTypes.length
      ? warning(ATTACHMENTS, finding)
      : failed(ATTACHMENTS, finding),
  ];
}

/**
 * The most volumes of a machine of the type; null if EC2 does not say. A shared limit also counts network interfaces, of
 * which Slipway's machines have one: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html
 */
function mostVolumes(info: TypeChoice["info"]): number | null {
  const { MaximumEbsAttachments: most, AttachmentLimitType: kind } = info?.EbsInfo ?? {};
  if (most === undefined) return null;
  return kind === "shared" ? most - 1 : most;
}
