import type { Check, MachineShape } from "../../../src/plan/plan.ts";
import { failed, passed, skipped } from "../../../src/substrate/check.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import type { InstanceSettings } from "../settings.ts";

export interface VolumeCheckInput {
  readonly shape: Pick<MachineShape, "diskSizeGb" | "diskType">;
  /** Null if the image could not be read. */
  readonly image: ImageFacts | null;
  /** EC2's volume types. */
  readonly volumeTypes: readonly string[];
}

/** "st1 and sc1 cannot be used as boot volumes" (Amazon EBS, volume types). */
const NOT_FOR_ROOTS: ReadonlySet<string> = new Set(["st1", "sc1"]);
/** These types need a number of IOPS, for which a disk-type record has no field. */
const WITH_IOPS: ReadonlySet<string> = new Set(["io1", "io2"]);

/** The root volume's size and type: the environment's, else the image's own (null). */
export function rootVolumeOf({
  diskSizeGb,
  diskType,
}: VolumeCheckInput["shape"]): InstanceSettings["rootVolume"] {
  return { sizeGb: diskSizeGb === 0 ? null : diskSizeGb, type: diskType };
}

export function volumeChecks(input: VolumeCheckInput): readonly Check[] {
  return [sizeCheck(input), typeCheck(input)];
}

function sizeCheck({ shape: { diskSizeGb }, image }: VolumeCheckInput): Check {
  const check = "volume.size";
  if (diskSizeGb === 0) return passed(check, "the root volume has the image's own size");
  if (image === null) return skipped(check, "the image could not be read");
  const { id, rootSizeGb } = image;
  if (rootSizeGb === null || diskSizeGb >= rootSizeGb)
    return passed(check, `a root volume of ${diskSizeGb} GiB has room for ${id}`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "DISK_TOO_SMALL",
    message: `a root volume of ${diskSizeGb} GiB is smaller than the snapshot of ${id}, which has ${rootSizeGb} GiB`,
    remedy: `Set disk_size_gb of the environment to ${rootSizeGb} or more, or leave it out.`,
    metadata: { disk_size_gb: diskSizeGb, snapshot_size_gb: rootSizeGb, image_id: id },
  });
}

function typeCheck({ shape: { diskType }, volumeTypes }: VolumeCheckInput): Check {
  const check = "volume.type";
  if (diskType === null) return passed(check, "the root volume has the image's own type");
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
