import { SlipwayError } from "../../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../../src/errors.ts";
import { machineTypeAt } from "../../../src/plan/machine-types.ts";
import type { Candidate, LaunchPlan } from "../../../src/plan/plan.ts";
import { invalidField } from "../errors/invalid-field.ts";
import { partialLink, readResourceLink } from "../image/links.ts";
import { bootDisksOf, bootDiskSupport, isBareMetal } from "./machine-series.ts";
import { refusedByReservation } from "./reservation-refusal.ts";
import { settingsAt } from "../settings.ts";

/** The launch that was refused. */
export interface Refused {
  readonly plan: LaunchPlan;
  readonly place: Candidate;
}

type Change = Partial<
  Pick<SlipwayErrorOptions, "code" | "reason" | "remedy" | "blastRadius" | "retry">
>;

/**
 * Narrows or widens the scope of a refused launch, by facts of the plan and by the resource that the refusal names:
 * other zones may have that resource, or the machine's image, disk and subnet may be refused in all of them.
 */
export function refineRefusal(error: SlipwayError, refused: Refused): SlipwayError {
  const change =
    ofDisk(error) ??
    incompatible(error, refused) ??
    refusedByReservation(error, refused) ??
    ofCode(error, refused);
  return change === null ? error : changed(error, change);
}

function ofCode(error: SlipwayError, refused: Refused): Change | null {
  return error.metadata["provider_code"] === "UNSUPPORTED_OPERATION"
    ? unsupported(refused)
    : ofResource(error, refused);
}

/** Every zone refuses this machine type with the same words. */
const IN_ALL_ZONES = { blastRadius: "type-in-market", retry: "next-candidate" } as const;

/** The same error with another verdict. */
export function changed(error: SlipwayError, change: Change): SlipwayError {
  const { code, message, metadata, cause, reason, blastRadius, retry } = error;
  const verdict = { code, reason, remedy: error.remedy ?? "", blastRadius, retry, ...change };
  return new SlipwayError({ message, metadata, cause, ...verdict });
}

/** The API's own form; the rest is Cloud KMS's: no permission, no such key, or its state. */
const UNUSABLE_KEY = /Cloud KMS error when using key \S/;
/** The API's own form, with its reason `badRequest`. */
const PROVISIONED = /Requested provisioned (?:IOPS|throughput) /;

/** Every candidate has the same disks. https://cloud.google.com/compute/docs/disks/customer-managed-encryption */
function ofDisk({ message }: SlipwayError): Change | null {
  if (UNUSABLE_KEY.test(message)) return KEY_UNUSABLE;
  return PROVISIONED.test(message) ? PERFORMANCE_REFUSED : null;
}

const KEY_UNUSABLE: Change = {
  code: "FAILED_PRECONDITION",
  reason: "DISK_KEY_UNUSABLE",
  remedy:
    "Enable the key that the message names, and grant roles/cloudkms.cryptoKeyEncrypterDecrypter on it to the project's Compute Engine service agent, service-PROJECT_NUMBER@compute-system.iam.gserviceaccount.com.",
  blastRadius: "region",
  retry: "never",
};
const PERFORMANCE_REFUSED: Change = {
  code: "FAILED_PRECONDITION",
  reason: "RESOURCE_VALUE_REFUSED",
  remedy: "Correct iops or throughput in the disk-type record, or the size of the disk.",
  blastRadius: "region",
  retry: "never",
};

/** The API's own form: `[pd-balanced, n4-standard-2] features are not compatible for creating instance.` */
const INCOMPATIBLE = /\[([\w ,-]+)\] features are not compatible for creating instance\b/;
const DISK_TYPE = /^(?:pd|hyperdisk)-/;

/**
 * Compute Engine names the parts of the request that do not go together, with several codes: `UNSUPPORTED_OPERATION`,
 * `badRequest`, and those of a lack of room. They do not go together in any zone, but another machine type may go with
 * them.
 */
function incompatible({ message }: SlipwayError, { plan, place }: Refused): Change | null {
  const parts = INCOMPATIBLE.exec(message)?.[1]
    ?.split(",")
    .map((part) => part.trim());
  if (parts === undefined) return null;
  const machineType = machineTypeAt(plan, place);
  const diskType = parts.find((part) => DISK_TYPE.test(part));
  if (diskType !== undefined) return wrongDiskType(machineType, diskType);
  return {
    reason: "CLOUD_REQUEST_REFUSED",
    remedy: `Name another machine type than ${machineType}, or change what the message names: no zone combines them.`,
    ...IN_ALL_ZONES,
  };
}

/**
 * The code has several meanings, and no details tell them apart. If the plan names a disk type that the machine's
 * series is not documented to boot from, every zone refuses the pair.
 */
function unsupported({ plan, place }: Refused): Change | null {
  const { diskType } = settingsAt(plan, place);
  if (diskType === null) return null;
  const machineType = machineTypeAt(plan, place);
  const documented = bootDisksOf(machineType);
  const support = bootDiskSupport(machineType, diskType);
  if (support === "documented" || (support === "undocumented" && documented === null)) return null;
  return wrongDiskType(machineType, diskType);
}

function wrongDiskType(machineType: string, diskType: string): Change {
  const documented = bootDisksOf(machineType)?.filter((other) => other !== diskType) ?? [];
  const others = documented.length === 0 ? "another disk type" : documented.join(" or ");
  return {
    reason: "DISK_TYPE_UNSUPPORTED",
    remedy: `Name ${others} in the environment's disk_type_ref instead of ${diskType}, or another machine type.`,
    ...IN_ALL_ZONES,
  };
}

/** The API's own forms: `The resource '…' was not found`, `Required '…' permission for '…'`. */
const QUOTED_LINK = /'((?:https:\/\/[^'\s]+\/)?projects\/[^'\s]+)'/;
/** The API's own form; its reason is a general `badRequest`. */
const ACCOUNT_DENIED = /The user does not have access to service account '[^']+'/;
/** The API's own form, with the general code of a missing resource. */
const ACCOUNT_MISSING = /The resource '[^']+' of type 'serviceAccount' was not found/;
/**
 * The API's own forms: `Instances with guest accelerators do not support live migration.`, `e2 instances do not support
 * onHostMaintenance=TERMINATE unless they are preemptible.` Their reason is a general `badRequest`.
 */
const MAINTENANCE_REFUSED = /\bdo not support (?:live migration|onHostMaintenance=)/;
/** The API's own form for addresses that are not scopes of Google. */
const SCOPES_UNKNOWN = /\bservice account scopes are invalid: /;

function ofResource(error: SlipwayError, { plan, place }: Refused): Change | null {
  const { code, reason, message } = error;
  const link = partialLink(QUOTED_LINK.exec(message)?.[1] ?? "") ?? "";
  const collection = readResourceLink(link)?.collection ?? "";
  if (code === "PERMISSION_DENIED" && collection === "images") return CLOSED_IMAGE;
  if (reason !== "CLOUD_REQUEST_REFUSED") return null;
  if (ACCOUNT_DENIED.test(message)) return CLOSED_ACCOUNT;
  if (ACCOUNT_MISSING.test(message)) return MISSING_ACCOUNT;
  if (SCOPES_UNKNOWN.test(message)) return UNKNOWN_SCOPES;
  if (MAINTENANCE_REFUSED.test(message)) return WRONG_MAINTENANCE;
  if (code !== "NOT_FOUND")
    return ofField(invalidField(message), machineTypeAt(plan, place)) ?? ofZone(error, place.place);
  if (link.endsWith(`/zones/${place.place}`)) return MISSING_ZONE;
  return MISSING.get(collection) ?? null;
}

/** The instance's own name in a message. */
const INSTANCE = /projects\/[^\s']+\/instances\/[^\s']+/g;

/** Whether the message of a refused request names the launch's zone, apart from what it calls the instance. */
function ofZone({ message, retry }: SlipwayError, zone: string): Change | null {
  if (retry !== "next-candidate") return null;
  const [, ...said] = message.replaceAll(INSTANCE, "").split(": ");
  const words = said.join(": ").split(/[^a-z0-9-]+/);
  return words.includes(zone) ? { blastRadius: "type-in-zone", retry: "next-candidate" } : null;
}

function ofField(field: string, machineType: string): Change | null {
  // The API blames a bare metal type for an image without its driver.
  if (field === "machineType" && isBareMetal(machineType)) return IN_ALL_ZONES;
  return INVALID.get(field) ?? null;
}

const WRONG_MAINTENANCE: Change = {
  reason: "MAINTENANCE_UNSUPPORTED",
  remedy:
    "Set on_host_maintenance of the placement to the other value, leave it out, or name another machine type.",
  ...IN_ALL_ZONES,
};
const MISSING_ZONE: Change = {
  reason: "PLACE_NOT_FOUND",
  remedy: "Correct the placement's zones.",
  blastRadius: "zone",
  retry: "next-candidate",
};
const MISSING_TYPE: Change = {
  reason: "NOT_OFFERED_HERE",
  remedy: "Give the placement zones that offer this machine and disk type together.",
  blastRadius: "type-in-zone",
  retry: "next-candidate",
};
/** The launch's own machine: https://github.com/skypilot-org/skypilot/pull/1842 */
const VANISHED: Change = {
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  remedy: "Try again: the machine disappeared while Compute Engine created it.",
  blastRadius: "zone",
  retry: "next-candidate",
};
/** By collection. Anything else concerns the request alone. */
const MISSING: ReadonlyMap<string, Change> = new Map<string, Change>([
  ["acceleratorTypes", MISSING_TYPE],
  ["diskTypes", MISSING_TYPE],
  ["images", { reason: "IMAGE_NOT_FOUND", blastRadius: "image" }],
  ["instances", VANISHED],
  ["machineTypes", MISSING_TYPE],
  ["subnetworks", { reason: "SUBNET_NOT_FOUND", blastRadius: "region" }],
]);
/** By the last part of the field's path. The dry run has read the values, but a zone's offers change. */
const INVALID: ReadonlyMap<string, Change> = new Map<string, Change>([
  ["acceleratorType", MISSING_TYPE],
  [
    "confidentialInstanceConfig",
    {
      reason: "CONFIDENTIAL_UNSUPPORTED",
      remedy:
        "Name a machine type and an image with the placement's confidential type, or change confidential of the placement.",
      ...IN_ALL_ZONES,
    },
  ],
  ["diskType", MISSING_TYPE],
  ["machineType", MISSING_TYPE],
  [
    "shieldedInstanceConfig",
    {
      reason: "IMAGE_UNSUPPORTED",
      remedy:
        "Name an image with the guest feature UEFI_COMPATIBLE, or change shielded of the placement.",
      blastRadius: "image",
    },
  ],
  ["sourceImage", { blastRadius: "image" }],
  ["subnetwork", { blastRadius: "region" }],
  ["zone", MISSING_ZONE],
]);
const CLOSED_ACCOUNT: Change = {
  code: "PERMISSION_DENIED",
  reason: "CLOUD_PERMISSION_DENIED",
  remedy: "Grant the caller roles/iam.serviceAccountUser on the account that the message names.",
};
const MISSING_ACCOUNT: Change = {
  reason: "SERVICE_ACCOUNT_NOT_FOUND",
  remedy:
    "Create or restore the account that the message names, or put another into the placement's service_account.",
};
const UNKNOWN_SCOPES: Change = {
  remedy: "Correct service_account_scopes of the placement.",
  blastRadius: "region",
  retry: "never",
};
const CLOSED_IMAGE: Change = {
  reason: "IMAGE_PERMISSION_DENIED",
  remedy: "Have roles/compute.imageUser granted to the launcher on the image or on its project.",
  blastRadius: "image",
};
