import type { AwsTarget, Check, MachineShape } from "../../../src/plan/plan.ts";
import { failed, passed, skipped } from "../../../src/substrate/check.ts";
import { rootVolume } from "../image/image-facts.ts";
import type { ImageFacts, ImageVolume } from "../image/image-facts.ts";
import type { InstanceSettings } from "../settings.ts";

export interface VolumeCheckInput {
  readonly shape: Pick<MachineShape, "diskSizeGb" | "diskType">;
  readonly target: Pick<AwsTarget, "keepVolumes">;
  /** Null if the image could not be read. */
  readonly image: ImageFacts | null;
  /** EC2's volume types. */
  readonly volumeTypes: readonly string[];
}

/** "st1 and sc1 cannot be used as boot volumes" (Amazon EBS, volume types). */
const NOT_FOR_ROOTS: ReadonlySet<string> = new Set(["st1", "sc1"]);
/** These types need a number of IOPS, for which a disk-type record has no field. */
const WITH_IOPS: ReadonlySet<string> = new Set(["io1", "io2"]);

/**
 * The root volume's size and type: the environment's, else the image's own (null). The image's own type also keeps the
 * image's IOPS and throughput.
 */
export function rootVolumeOf({
  shape: { diskSizeGb, diskType },
  image,
}: Pick<VolumeCheckInput, "shape" | "image">): InstanceSettings["rootVolume"] {
  const imageType = image === null ? null : (rootVolume(image)?.type ?? null);
  return {
    sizeGb: diskSizeGb === 0 ? null : diskSizeGb,
    type: diskType === imageType ? null : diskType,
  };
}

/** The image's volumes as the launch creates them. A volume that the image keeps ends with the machine. */
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
    const ofImage = { type: volume.type, iops: volume.iops, throughput: volume.throughput };
    const isOtherType = isRoot && root.type !== null;
    return {
      device,
      sizeGb: (isRoot ? root.sizeGb : null) ?? volume.sizeGb,
      ...(isOtherType ? { type: root.type, iops: null, throughput: null } : ofImage),
      deleteOnTermination: endsByImage || target.keepVolumes !== true,
      keptByImage: !endsByImage,
    };
  });
}

export function volumeChecks(input: VolumeCheckInput): readonly Check[] {
  return [sizeCheck(input), typeCheck(input), terminationCheck(input)];
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

function typeCheck({ shape: { diskType }, image, volumeTypes }: VolumeCheckInput): Check {
  const check = "volume.type";
  if (diskType === null) return passed(check, "the root volume has the image's own type");
  const own = image === null ? null : rootVolume(image);
  if (own?.type === diskType)
    return passed(check, `the root volume is of type ${diskType}, as in the image`);
  if (image !== null && image.rootDeviceName === null && !image.isInstanceStore)
    return noRootDevice(check, image.id, "disk_type_ref");
  const remedy = "Name a disk-type record of gp3, gp2 or standard in the environment.";
  const metadata = { disk_type: diskType };
  if (!volumeTypes.includes(diskType))
    return failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "DISK_TYPE_NOT_FOUND",
      message: `EC2 has no volume type ${diskType}; it has ${volumeTypes.join(", ")}`,
      remedy,
      metadata,
    });
  const why = NOT_FOR_ROOTS.has(diskType)
    ? "cannot be a root volume"
    : WITH_IOPS.has(diskType)
      ? "needs a number of IOPS, which a disk-type record of Slipway does not have"
      : null;
  if (why === null) return passed(check, `the root volume is of type ${diskType}`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "RESOURCE_VALUE_REFUSED",
    message: `a volume of type ${diskType} ${why}`,
    remedy,
    metadata,
  });
}

/** Reports which volumes stay after the machine's termination. */
function terminationCheck(input: VolumeCheckInput): Check {
  const check = "volume.termination";
  const { image } = input;
  if (image === null) return skipped(check, "the image could not be read");
  const volumes = volumesOf(input);
  const kept = volumes.filter(({ deleteOnTermination }) => !deleteOnTermination);
  if (kept.length > 0)
    return passed(
      check,
      `${list(kept)} will stay after the machine's termination, because the placement has keep_volumes: true`,
    );
  const overridden = volumes.filter(({ keptByImage }) => keptByImage);
  if (overridden.length > 0)
    return passed(
      check,
      `EC2 deletes ${list(overridden)} with the machine, although ${image.id} would keep it`,
    );
  return passed(
    check,
    volumes.length === 0
      ? `${image.id} maps no volume`
      : `EC2 deletes ${list(volumes)} with the machine`,
  );
}

/** `/dev/xvda (8 GiB gp3) and /dev/sdf (100 GiB io2)` */
function list(volumes: readonly Pick<ImageVolume, "device" | "sizeGb" | "type">[]): string {
  return volumes
    .map(({ device, sizeGb, type }) => {
      const size = sizeGb === null ? [] : [`${sizeGb} GiB`];
      const words = [...size, ...(type === null ? [] : [type])].join(" ");
      return words === "" ? device : `${device} (${words})`;
    })
    .join(" and ");
}
