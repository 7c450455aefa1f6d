import type { DataDisk, DiskOptions } from "../../../src/plan/disk.ts";
import type { LaunchPlan } from "../../../src/plan/plan.ts";
import type { InstanceSettings } from "../settings.ts";
import type { Naming } from "./names.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * The boot disk and the data disks of each machine, all with the launch's labels. Compute Engine names them after their
 * machine: a bulk insert takes no names of disks.
 */
export function attachedDisks(
  plan: LaunchPlan,
  settings: InstanceSettings,
  naming: Naming,
  labels: Labels,
) {
  const { disk = {}, keepDisk = false, dataDisks = [] } = plan.shape;
  const { diskSizeGb, diskType, dataDiskType = null } = settings;
  const boot = {
    boot: true,
    autoDelete: !keepDisk,
    initializeParams: {
      sourceImage: plan.artifact.id,
      labels: { ...labels },
      ...(diskSizeGb === null ? {} : { diskSizeGb: String(diskSizeGb) }),
      ...(diskType === null ? {} : { diskType: naming("diskTypes", diskType) }),
      ...performanceOf(disk),
    },
    ...encryptionOf(disk),
  };
  return [
    boot,
    ...dataDisks.map((one) => dataDisk(one, naming, { diskType: dataDiskType, labels })),
  ];
}

/** The machine finds the disk by its device name: `/dev/disk/by-id/google-NAME`. */
function dataDisk(
  disk: DataDisk,
  naming: Naming,
  fallback: { readonly diskType: string | null; readonly labels: Labels },
) {
  const diskType = disk.diskType ?? fallback.diskType;
  return {
    boot: false,
    autoDelete: !disk.keepOnTermination,
    deviceName: disk.name,
    initializeParams: {
      labels: { ...fallback.labels },
      diskSizeGb: String(disk.sizeGb),
      ...(diskType === null ? {} : { diskType: naming("diskTypes", diskType) }),
      ...performanceOf(disk),
    },
    ...encryptionOf(disk),
  };
}

function performanceOf({ iops, throughput }: DiskOptions) {
  return {
    ...(iops === undefined ? {} : { provisionedIops: String(iops) }),
    ...(throughput === undefined ? {} : { provisionedThroughput: String(throughput) }),
  };
}

function encryptionOf({ kmsKey }: DiskOptions) {
  return kmsKey === undefined ? {} : { diskEncryptionKey: { kmsKeyName: kmsKey } };
}
