import type { AwsTarget, Check, MachineShape } from "../../../src/plan/plan.ts";
import { failed, passed, skipped } from "../../../src/substrate/check.ts";
import { rootVolume } from "../image/image-facts.ts";
import type { ImageFacts, ImageVolume } from "../image/image-facts.ts";
import type { DataVolume, InstanceSettings, RootVolume } from "../settings.ts";
import { dataVolumeChecks, dataVolumesOf } from "./data-volumes.ts";
import type { TypeChoice } from "./type-choice.ts";
import { encryptionChecks } from "./volume-encryption.ts";
import { rootPerformanceChecks } from "../../../src/substrate/root-disk-check.ts";
import { iopsMissing, needsIops, performanceFault, typeFault } from "./volume-limits.ts";

export interface VolumeCheckInput {
  readonly shape: Pick<MachineShape, "diskSizeGb" | "diskType" | "disk" | "keepDisk" | "dataDisks">;
  readonly target: Pick<AwsTarget, "keepVolumes">;
  /** Null if the image could not be read. */
  readonly image: ImageFacts | null;
  /** EC2's volume types. */
  readonly volumeTypes: readonly string[];
  /** The plan's machine types. */
  readonly machineTypes: readonly TypeChoice[];
}

/** "st1 and sc1 cannot be used as boot volumes" (Amazon EBS, volume types). */
const NOT_FOR_ROOTS: ReadonlySet<string> = new Set(["st1", "sc1"]);

/**
 * The root volume's size, type and options: the environment's, else the image's own (null or absent). The image's own type
 * also keeps the image's IOPS and throughput, if the disk-type record does not set others.
 */
export function rootVolumeOf({
  shape: { diskSizeGb, diskType, disk = {}, keepDisk },
  image,
}: Pick<VolumeCheckInput, "shape" | "image">): RootVolume {
  const imageType = image === null ? null : (rootVolume(image)?.type ?? null);
  const { kmsKey, ...options } = disk;
  const isProvisioned = options.iops !== undefined || options.throughput !== undefined;
  return {
    sizeGb: diskSizeGb === 0 ? null : diskSizeGb,
    type: diskType === imageType && !isProvisioned ? null : diskType,
    ...options,
    ...(kmsKey === undefined ? {} : { kmsKeyId: kmsKey }),
    ...(keepDisk === undefined ? {} : { deleteOnTermination: !keepDisk }),
  };
}

/**
 * The image's volumes as the launch creates them. A volume that the image keeps ends with the machine, unless the
 * placement keeps such volumes. About the root volume the environment has the last word.
 */
export function volumesOf({
  shape,
  target,
  image,
}: Pick<VolumeCheckInput, "shape" | "target" | "image">): InstanceSettings["volumes"] {
  if (image === null) return [];
  const root = rootVolumeOf({ shape, image });
  return image.volumes.map((volume) => {
    const isRoot = volume.device === image.rootDeviceName;
    const { device, deleteOnTermination: endsByImage } = volume;
    const ends = endsByImage || target.keepVolumes !== true;
    return {
      device,
      sizeGb: (isRoot ? root.sizeGb : null) ?? volume.sizeGb,
      ...(isRoot ? rootPerformance(root, volume) : performanceOf(volume)),
      deleteOnTermination: (isRoot ? root.deleteOnTermination : undefined) ?? ends,
      keptByImage: !endsByImage,
    };
  });
}

type Performance = Pick<ImageVolume, "type" | "iops" | "throughput">;

function performanceOf({ type, iops, throughput }: ImageVolume): Performance {
  return { type, iops, throughput };
}

function rootPerformance(root: RootVolume, volume: ImageVolume): Performance {
  const isOtherType = root.type !== null && root.type !== volume.type;
  return {
    type: root.type ?? volume.type,
    iops: root.iops ?? (isOtherType ? null : volume.iops),
    throughput: root.throughput ?? (isOtherType ? null : volume.throughput),
  };
}

export function volumeChecks(input: VolumeCheckInput): readonly Check[] {
  return [
    sizeCheck(input),
    typeCheck(input),
    ...rootPerformanceChecks(input.shape, {
      noun: "root volume",
      imageSizeGb: input.image === null ? null : (rootVolume(input.image)?.sizeGb ?? null),
      faultOf: performanceFault,
      remedy: "Lower iops in the disk-type record, or raise disk_size_gb of the environment.",
    }),
    ...dataVolumeChecks(input),
    ...encryptionChecks(input.shape),
    terminationCheck(input),
  ];
}

function sizeCheck({ shape: { diskSizeGb }, image }: VolumeCheckInput): Check {
  const check = "volume.size";
  if (diskSizeGb === 0) return passed(check, "the root volume has the image's own size");
  if (image === null) return skipped(check, "the image could not be read");
  const { id, rootDeviceName, isInstanceStore } = image;
  if (rootDeviceName === null)
    return isInstanceStore
      ? skipped(check, "the image has no root volume")
      : noRootDevice(check, id, "disk_size_gb");
  const smallest = rootVolume(image)?.sizeGb ?? null;
  if (smallest === null || diskSizeGb >= smallest)
    return passed(check, `a root volume of ${diskSizeGb} GiB has room for ${id}`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "DISK_TOO_SMALL",
    message: `a root volume of ${diskSizeGb} GiB is smaller than the snapshot of ${id}, which has ${smallest} GiB`,
    remedy: `Set disk_size_gb of the environment to ${smallest} or more, or leave it out.`,
    metadata: { disk_size_gb: diskSizeGb, snapshot_size_gb: smallest, image_id: id },
  });
}

/** A volume of any other name would be a second disk. */
function noRootDevice(check: string, id: string, field: string): Check {
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_UNSUPPORTED",
    message: `EC2 does not name the root device of ${id}, so that ${field} of the environment cannot be applied to it`,
    remedy: `Leave ${field} out of the environment, or register the AMI again with a root device name.`,
    metadata: { image_id: id },
  });
}

function typeCheck({ shape: { diskType, disk }, image, volumeTypes }: VolumeCheckInput): Check {
  const check = "volume.type";
  if (diskType === null) return passed(check, "the root volume has the image's own type");
  const own = image === null ? null : rootVolume(image);
  if (own?.type === diskType)
    return passed(check, `the root volume is of type ${diskType}, as in the image`);
  if (image !== null && image.rootDeviceName === null && !image.isInstanceStore)
    return noRootDevice(check, image.id, "disk_type_ref");
  const fault = typeFault(diskType, volumeTypes);
  if (fault !== null) return failed(check, fault);
  const why = NOT_FOR_ROOTS.has(diskType)
    ? {
        message: `a volume of type ${diskType} cannot be a root volume`,
        remedy: "Name a disk-type record of gp3, gp2 or standard in the environment.",
      }
    : needsIops(diskType, disk)
      ? iopsMissing(diskType)
      : null;
  if (why === null) return passed(check, `the root volume is of type ${diskType}`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "RESOURCE_VALUE_REFUSED",
    ...why,
    metadata: { disk_type: diskType },
  });
}

/** Reports which volumes stay after the machine's termination. */
function terminationCheck(input: VolumeCheckInput): Check {
  const check = "volume.termination";
  const { image, shape } = input;
  if (image === null) return skipped(check, "the image could not be read");
  if (shape.keepDisk !== undefined && image.rootDeviceName === null)
    return noRootDevice(check, image.id, "keep_disk_on_termination");
  const volumes = volumesOf(input);
  const further = dataVolumesOf(input);
  const kept = [...volumes, ...further].filter(({ deleteOnTermination }) => !deleteOnTermination);
  if (kept.length > 0) {
    const fields = keepingFields(shape);
    return passed(
      check,
      fields.length === 0
        ? `${list(kept)} will stay after the machine's termination, because the placement has keep_volumes: true`
        : `${list(kept)} will stay after the machine's termination, and cost money until you delete them: ${fields.join(" and ")}`,
    );
  }
  const overridden = volumes.filter(({ keptByImage }) => keptByImage);
  if (overridden.length > 0)
    return passed(
      check,
      `EC2 deletes ${list(overridden)} with the machine, although ${image.id} would keep it`,
    );
  const all = [...volumes, ...further];
  return passed(
    check,
    all.length === 0 ? `${image.id} maps no volume` : `EC2 deletes ${list(all)} with the machine`,
  );
}

/** The environment's fields because of which volumes stay. */
function keepingFields({ keepDisk, dataDisks = [] }: VolumeCheckInput["shape"]): readonly string[] {
  return [
    ...(keepDisk === true ? ["the environment has keep_disk_on_termination: true"] : []),
    ...dataDisks
      .filter(({ keepOnTermination }) => keepOnTermination)
      .map(({ name }) => `data disk ${name} has keep_on_termination: true`),
  ];
}

/** `/dev/xvda (8 GiB gp3) and /dev/sdf (100 GiB io2)` */
function list(
  volumes: readonly Pick<ImageVolume | DataVolume, "device" | "sizeGb" | "type">[],
): string {
  return volumes
    .map(({ device, sizeGb, type }) => {
      const size = sizeGb === null ? [] : [`${sizeGb} GiB`];
      const words = [...size, ...(type === null ? [] : [type])].join(" ");
      return words === "" ? device : `${device} (${words})`;
    })
    .join(" and ");
}
