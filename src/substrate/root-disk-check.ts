import type { Check, MachineShape } from "../plan/plan.ts";
import { failed, passed, skipped } from "./check.ts";

/** A cloud's rules and words for the disk that a machine boots from. */
export interface RootDiskRules {
  /** The cloud's name for it, such as `root volume`. */
  readonly noun: string;
  /** The image's own size, in GiB; null if it is not known. */
  readonly imageSizeGb: number | null;
  /** Why the cloud would refuse these IOPS of a disk of this size; null if it would not. */
  readonly faultOf: (disk: {
    readonly type: string;
    readonly sizeGb: number;
    readonly iops: number;
  }) => string | null;
  readonly remedy: string;
}

/** Whether the root disk is large enough for the IOPS that its disk-type record sets. No check if it sets none. */
export function rootPerformanceChecks(
  { diskType, diskSizeGb, disk = {} }: Pick<MachineShape, "diskType" | "diskSizeGb" | "disk">,
  { noun, imageSizeGb, faultOf, remedy }: RootDiskRules,
): readonly Check[] {
  const { iops } = disk;
  if (diskType === null || iops === undefined) return [];
  const check = "volume.performance";
  const sizeGb = diskSizeGb === 0 ? imageSizeGb : diskSizeGb;
  if (sizeGb === null) return [skipped(check, `the size of the ${noun} is not known`)];
  const fault = faultOf({ type: diskType, sizeGb, iops });
  return [
    fault === null
      ? passed(check, `a ${noun} of ${sizeGb} GiB ${diskType} has room for ${iops} IOPS`)
      : failed(check, {
          code: "FAILED_PRECONDITION",
          reason: "RESOURCE_VALUE_REFUSED",
          message: `the ${noun}: ${fault}`,
          remedy,
          metadata: { disk_type: diskType, iops, disk_size_gb: sizeGb },
        }),
  ];
}
