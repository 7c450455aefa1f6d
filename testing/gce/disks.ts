import type { JsonObject } from "../../src/errors.ts";
import { timestamp } from "./lifecycle.ts";
import { fullLink, partialLink, zoneLink } from "./links.ts";
import type { Disk } from "./records.ts";
import { compact, fingerprint, unlessEmpty } from "./render.ts";

export function diskLink(project: string, zone: string, name: string): string {
  return partialLink(project, { kind: "zone", name: zone }, "disks", name);
}

export function diskTypeLink(project: string, zone: string, type: string): string {
  return partialLink(project, { kind: "zone", name: zone }, "diskTypes", type);
}

/** Null for a key of Google's own. */
export function renderKey({ kmsKeyVersion }: Pick<Disk, "kmsKeyVersion">): JsonObject | null {
  return kmsKeyVersion === null ? null : { kmsKeyName: kmsKeyVersion };
}

export function renderDisk(project: string, disk: Disk): JsonObject {
  const { zone, user } = disk;
  return compact({
    kind: "compute#disk",
    id: disk.id,
    creationTimestamp: timestamp(disk.createdAt),
    name: disk.name,
    sizeGb: String(disk.sizeGb),
    provisionedIops: disk.provisionedIops === null ? null : String(disk.provisionedIops),
    provisionedThroughput:
      disk.provisionedThroughput === null ? null : String(disk.provisionedThroughput),
    diskEncryptionKey: renderKey(disk),
    zone: fullLink(zoneLink(project, zone)),
    status: disk.goneAt === null ? "READY" : "DELETING",
    selfLink: fullLink(diskLink(project, zone, disk.name)),
    sourceImage: disk.sourceImage === null ? null : fullLink(disk.sourceImage),
    sourceImageId: disk.sourceImageId,
    type: fullLink(diskTypeLink(project, zone, disk.type)),
    licenses: unlessEmpty(disk.licenses.map(fullLink)),
    guestOsFeatures: unlessEmpty(disk.guestOsFeatures.map((type) => ({ type }))),
    lastAttachTimestamp: timestamp(disk.createdAt),
    users:
      user === null
        ? undefined
        : [fullLink(partialLink(project, { kind: "zone", name: zone }, "instances", user))],
    labels: unlessEmpty(disk.labels),
    labelFingerprint: fingerprint(disk.labels),
    architecture: disk.architecture,
    physicalBlockSizeBytes: "4096",
  });
}
