import type { SlipwayError } from "../../../src/errors.ts";
import type { Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import type { ZoneReadings } from "./preflight-reads.ts";
import { unread } from "../errors/failed-reads.ts";
import { bootDisksOf, bootDiskSupport, defaultBootDisk } from "../launch/machine-series.ts";
import { offeredIn } from "./offered-check.ts";
import type { DiskTypeReply } from "../client/replies.ts";

/** The zones' answers about the plan's disk type. */
export interface DiskTypeFinding {
  readonly name: string | null;
  readonly type: DiskTypeReply | null;
  /** Zones that do not have it, or do not say so, with the reason. */
  readonly absent: ReadonlyMap<string, string>;
  readonly error: SlipwayError | null;
}

/** @param readings of existing zones */
export function findDiskType(
  { shape }: PlanDraft,
  readings: readonly ZoneReadings[],
): DiskTypeFinding {
  return findingOf(
    shape.diskType,
    readings.map(({ zone, diskType }) => ({ zone, diskType })),
  );
}

/**
 * The zones' answers about each type that the data disks name.
 *
 * @param readings of existing zones
 */
export function findDataDiskTypes(
  { shape }: PlanDraft,
  readings: readonly ZoneReadings[],
): readonly DiskTypeFinding[] {
  const names = new Set((shape.dataDisks ?? []).flatMap(({ diskType }) => diskType ?? []));
  return [...names].map((name) =>
    findingOf(
      name,
      readings.map(({ zone, diskType, dataDiskTypes }) => ({
        zone,
        diskType:
          name === shape.diskType
            ? diskType
            : (dataDiskTypes.find((one) => one.name === name)?.reading ?? null),
      })),
    ),
  );
}

function findingOf(
  name: string | null,
  readings: readonly Pick<ZoneReadings, "zone" | "diskType">[],
): DiskTypeFinding {
  const absent = new Map<string, string>();
  let type: DiskTypeReply | null = null;
  let error: SlipwayError | null = null;
  for (const { zone, diskType } of readings) {
    type ??= diskType?.value ?? null;
    if (diskType === null || diskType.error === null) continue;
    if (diskType.error.reason === "DISK_TYPE_NOT_FOUND")
      absent.set(zone, `${zone} has no disk type ${name ?? ""}`);
    else {
      error ??= diskType.error;
      absent.set(zone, diskType.error.message);
    }
  }
  return { name, type, absent, error };
}

/**
 * The checks of the disk's type.
 *
 * @param machineType the provider's name
 */
export function diskTypeChecks(finding: DiskTypeFinding, machineType: string): readonly Check[] {
  return [typeCheck(finding, machineType), ...seriesCheck(finding, machineType)];
}

/** Whether a zone of the placement has the disk type. */
export function offeredCheck(check: string, { name, type, absent, error }: DiskTypeFinding): Check {
  const whys = [...absent.values()].join("; ");
  if (type !== null) return offeredIn(check, `disk type ${name ?? ""} is offered`, { whys, error });
  if (error !== null) return unread(check, error);
  if (absent.size === 0) return skipped(check, "unknown, because no zone could be read");
  return failed(check, {
    code: "NOT_FOUND",
    reason: "DISK_TYPE_NOT_FOUND",
    message: `no zone of the placement has a disk type ${name ?? ""}: ${whys}`,
    remedy: "Name another type in the disk-type record, or give the placement other zones.",
    blastRadius: "region",
    metadata: { disk_type: name, zones: [...absent.keys()] },
  });
}

function typeCheck(finding: DiskTypeFinding, machineType: string): Check {
  const check = "volume.type";
  if (finding.name !== null) return offeredCheck(check, finding);
  const chosen = defaultBootDisk(machineType);
  return passed(
    check,
    chosen === null
      ? "Compute Engine chooses the disk's type"
      : `disk type ${chosen}, because ${machineType} does not take Compute Engine's default`,
  );
}

/** The check that machines of a type boot from the plan's disk type. */
export const DISK_OF_SERIES = "volume.machine-type";

/** Compute Engine refuses such a pair in every zone, and only after it has accepted the insert. */
function seriesCheck({ name, type }: DiskTypeFinding, machineType: string): readonly Check[] {
  const check = DISK_OF_SERIES;
  if (name === null) return [];
  const documented = bootDisksOf(machineType);
  const others = documented === null ? "another disk type" : documented.join(" or ");
  const change = `${others} in the environment's disk_type_ref, or another machine type.`;
  switch (bootDiskSupport(machineType, name)) {
    case "documented":
      return [passed(check, `machine type ${machineType} boots from ${name}`)];
    case "undocumented":
      if (documented === null || type === null) return [];
      return [
        warning(check, {
          reason: "DISK_TYPE_UNSUPPORTED",
          message: `machine type ${machineType} is not documented to boot from ${name}`,
          remedy: `If Compute Engine refuses it, name ${change}`,
        }),
      ];
    case "refused":
      return [
        failed(check, {
          code: "FAILED_PRECONDITION",
          reason: "DISK_TYPE_UNSUPPORTED",
          message: `machine type ${machineType} does not boot from disk type ${name} in any zone`,
          remedy: `Name ${change}`,
          metadata: { machine_type: machineType, disk_type: name, disk_types: documented ?? [] },
        }),
      ];
  }
}

export function diskSizeCheck(
  { shape }: PlanDraft,
  { type, name }: DiskTypeFinding,
  image: ImageFacts | null,
): Check {
  const check = "volume.size";
  const { diskSizeGb: requested } = shape;
  if (requested === 0) return passed(check, `the disk is as large as its image${gigabytes(image)}`);
  const needed = image?.diskSizeGb ?? null;
  if (needed !== null && requested < needed)
    return failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "DISK_TOO_SMALL",
      message: `the disk has ${requested} GB, but image ${image?.link ?? ""} needs ${needed}`,
      remedy: `Set disk_size_gb of the environment to ${needed} or more, or to 0 for the image's own size.`,
      metadata: { disk_size_gb: requested, image_disk_size_gb: needed },
    });
  const range = validRange(type);
  if (range !== null && (requested < range.least || requested > range.most))
    return failed(check, {
      code: "FAILED_PRECONDITION",
      reason: requested < range.least ? "DISK_TOO_SMALL" : "RESOURCE_VALUE_REFUSED",
      message: `the disk has ${requested} GB, but disk type ${name ?? ""} takes ${range.least} to ${range.most}`,
      remedy: `Set disk_size_gb of the environment to a size from ${range.least} to ${range.most}, or name another disk type.`,
      metadata: { disk_size_gb: requested, least_gb: range.least, most_gb: range.most },
    });
  return passed(check, `${requested} GB are enough for the image${gigabytes(image)}`);
}

function gigabytes(image: ImageFacts | null): string {
  const size = image?.diskSizeGb ?? null;
  return size === null ? "" : ` (${size} GB)`;
}

/** Parses `10GB-65536GB`; null for other texts. */
export function validRange(
  type: DiskTypeReply | null,
): { readonly least: number; readonly most: number } | null {
  const [, least, most] = /^(\d{1,9})GB-(\d{1,9})GB$/.exec(type?.validDiskSize ?? "") ?? [];
  return least === undefined || most === undefined
    ? null
    : { least: Number(least), most: Number(most) };
}
