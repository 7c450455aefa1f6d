import type { DataDisk } from "../../../src/plan/disk.ts";
import type { Check, MachineShape, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, skipped } from "../../../src/substrate/check.ts";
import { rootPerformanceChecks } from "../../../src/substrate/root-disk-check.ts";
import type { MachineTypeReply } from "../client/replies.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import { defaultBootDisk, takesPersistentDisk } from "../launch/machine-series.ts";
import { offeredCheck, validRange } from "./disk-checks.ts";
import type { DiskTypeFinding } from "./disk-checks.ts";

interface Limits {
  /** The most IOPS for each GiB. */
  readonly iopsPerGib: number;
  /** The fewest IOPS of a disk for which that many fit. */
  readonly leastIops: number;
}

/**
 * https://cloud.google.com/compute/docs/disks/hd-types/hyperdisk-balanced and the pages about the other types; Compute
 * Engine decides about types that are not here.
 */
const LIMITS: Readonly<Record<string, Limits>> = {
  "hyperdisk-balanced": { iopsPerGib: 500, leastIops: 3_000 },
  "hyperdisk-balanced-high-availability": { iopsPerGib: 500, leastIops: 3_000 },
  "hyperdisk-extreme": { iopsPerGib: 1_000, leastIops: 0 },
};

interface SizedDisk {
  readonly type: string;
  /** GiB. */
  readonly sizeGb: number;
  readonly iops: number;
}

/** Why a disk of this size cannot have so many IOPS; null if it can, as far as Google documents it. */
function performanceFault({ type, sizeGb, iops }: SizedDisk): string | null {
  const limits = Object.hasOwn(LIMITS, type) ? LIMITS[type] : undefined;
  if (limits === undefined) return null;
  const { iopsPerGib, leastIops } = limits;
  const most = iopsPerGib * sizeGb;
  const least = Math.min(leastIops, most);
  if (iops > most)
    return `${iops} IOPS need ${Math.ceil(iops / iopsPerGib)} GiB, but it has ${sizeGb}: ${type} gives at most ${iopsPerGib} IOPS for each GiB`;
  return iops < least
    ? `${iops} IOPS are too few: ${type} of ${sizeGb} GiB has at least ${least}`
    : null;
}

/** The checks of the disks' options and of data disks; none for an environment without them. */
export function diskOptionChecks(
  { shape }: PlanDraft,
  image: ImageFacts | null,
  types: readonly DiskTypeFinding[],
): readonly Check[] {
  return [
    ...rootPerformanceChecks(shape, {
      noun: "boot disk",
      imageSizeGb: image?.diskSizeGb ?? null,
      faultOf: performanceFault,
      remedy: "Correct iops in the disk-type record, or disk_size_gb of the environment.",
    }),
    ...types.map((type) => offeredCheck("data-disks.type", type)),
    ...dataDiskChecks(shape, types),
    ...encryptionChecks(shape),
    ...terminationChecks(shape),
  ];
}

function dataDiskChecks(
  { dataDisks = [] }: MachineShape,
  types: readonly DiskTypeFinding[],
): readonly Check[] {
  if (dataDisks.length === 0) return [];
  const faults = dataDisks.flatMap((disk) => {
    const finding = types.find(({ name }) => name === disk.diskType);
    return [...sizeFaults(disk, finding ?? null), ...performanceFaults(disk)];
  });
  if (faults.length > 0) return faults;
  const disks = dataDisks.map(
    ({ name, sizeGb, diskType }) =>
      `${name} (${sizeGb} GiB${diskType === null ? "" : ` ${diskType}`})`,
  );
  return [passed("data-disks.size", `the machine has the data disks ${disks.join(", ")}`)];
}

function sizeFaults(
  { name, sizeGb, diskType }: DataDisk,
  finding: DiskTypeFinding | null,
): readonly Check[] {
  const range = validRange(finding?.type ?? null);
  if (range === null || (sizeGb >= range.least && sizeGb <= range.most)) return [];
  return [
    failed("data-disks.size", {
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      message: `data disk ${name} has ${sizeGb} GB, but disk type ${diskType ?? ""} takes ${range.least} to ${range.most}`,
      remedy: "Correct size_gb of the data disk, or name another disk type.",
      metadata: { data_disk: name, size_gb: sizeGb, least_gb: range.least, most_gb: range.most },
    }),
  ];
}

function performanceFaults({ name, sizeGb, diskType, iops }: DataDisk): readonly Check[] {
  if (diskType === null || iops === undefined) return [];
  const fault = performanceFault({ type: diskType, sizeGb, iops });
  if (fault === null) return [];
  return [
    failed("data-disks.performance", {
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      message: `data disk ${name}: ${fault}`,
      remedy: "Correct iops in the disk-type record, or size_gb of the data disk.",
      metadata: { data_disk: name, disk_type: diskType, iops, size_gb: sizeGb },
    }),
  ];
}

/** Compute Engine uses the key only when it creates the disks, and has no call that tries it before. */
function encryptionChecks({ disk = {}, dataDisks = [] }: MachineShape): readonly Check[] {
  const keys = [
    { what: "the boot disk", kmsKey: disk.kmsKey },
    ...dataDisks.map(({ name, kmsKey }) => ({ what: `data disk ${name}`, kmsKey })),
  ].filter(({ kmsKey }) => kmsKey !== undefined);
  if (keys.length === 0) return [];
  const disks = keys.map(({ what, kmsKey }) => `${what} with ${kmsKey}`);
  return [
    skipped(
      "volume.encryption",
      `Compute Engine encrypts ${disks.join(" and ")}; whether its service agent may use the key is known only at the launch (DISK_KEY_UNUSABLE)`,
    ),
  ];
}

function terminationChecks({ keepDisk, dataDisks = [] }: MachineShape): readonly Check[] {
  const kept = [
    ...(keepDisk === true
      ? ["the boot disk (keep_disk_on_termination: true in the environment)"]
      : []),
    ...dataDisks
      .filter(({ keepOnTermination }) => keepOnTermination)
      .map(({ name }) => `data disk ${name} (keep_on_termination: true)`),
  ];
  if (kept.length === 0) return [];
  return [
    passed(
      "volume.termination",
      `${kept.join(" and ")} will stay after the machine's termination, and cost money until you delete them`,
    ),
  ];
}

/** The check that machines of a type take the data disks' types. */
export const DATA_DISKS_OF_SERIES = "data-disks.machine-type";
/** The check that a machine of a type may have so many disks. */
export const DATA_DISK_COUNT = "data-disks.attachments";

/** The checks of data disks that depend on the machine type. */
export function dataDiskTypeChecks(
  { dataDisks = [] }: MachineShape,
  machineType: string,
  type: MachineTypeReply | null,
): readonly Check[] {
  if (dataDisks.length === 0) return [];
  const most = type?.maximumPersistentDisks ?? null;
  const count = dataDisks.length + 1;
  const persistent = dataDisks.filter(({ diskType }) => diskType?.startsWith("pd-") === true);
  return [
    ...(persistent.length === 0 || takesPersistentDisk(machineType)
      ? []
      : [
          failed(DATA_DISKS_OF_SERIES, {
            code: "FAILED_PRECONDITION",
            reason: "DISK_TYPE_UNSUPPORTED",
            message: `machine type ${machineType} takes no Persistent Disk, which is the type of ${persistent.map(({ name }) => `data disk ${name}`).join(" and ")}`,
            remedy: `Name ${defaultBootDisk(machineType) ?? "a Hyperdisk"} in the disk_type_ref of the data disk, or another machine type.`,
            metadata: { machine_type: machineType },
          }),
        ]),
    ...(most === null || count <= most
      ? []
      : [
          failed(DATA_DISK_COUNT, {
            code: "FAILED_PRECONDITION",
            reason: "RESOURCE_VALUE_REFUSED",
            message: `a machine of this plan has ${count} disks, but ${machineType} takes ${most}`,
            remedy: "Have fewer data_disks in the environment, or name another machine type.",
            metadata: { machine_type: machineType, disks: count, most },
          }),
        ]),
  ];
}
