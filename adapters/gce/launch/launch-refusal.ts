import { SlipwayError } from "../../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../../src/errors.ts";
import type { LaunchPlan } from "../../../src/plan/plan.ts";
import { partialLink, readResourceLink } from "../image/links.ts";
import { bootDisksOf, bootDiskSupport } from "./machine-series.ts";
import { settingsOf } from "../settings.ts";

type Change = Partial<Pick<SlipwayErrorOptions, "reason" | "remedy" | "blastRadius" | "retry">>;

/**
 * Narrows or widens the scope of a refused launch, by facts of the plan and by the resource that the refusal names:
 * other zones may have that resource, or the machine's image, disk and subnet may be refused in all of them.
 */
export function refineRefusal(
  error: SlipwayError,
  { plan, zone }: { readonly plan: LaunchPlan; readonly zone: string },
): SlipwayError {
  const change =
    error.metadata["provider_code"] === "UNSUPPORTED_OPERATION"
      ? unsupported(plan)
      : ofResource(error, zone);
  return change === null ? error : changed(error, change);
}

/** The same error with another verdict. */
export function changed(error: SlipwayError, change: Change): SlipwayError {
  const { code, message, metadata, cause, reason, blastRadius, retry } = error;
  const verdict = { reason, remedy: error.remedy ?? "", blastRadius, retry, ...change };
  return new SlipwayError({ code, message, metadata, cause, ...verdict });
}

/**
 * The code has several meanings, and no details tell them apart. Where the plan names a disk type that the machine's
 * series is not documented to boot from, every zone refuses the pair.
 */
function unsupported({ planId, settings, machineType }: LaunchPlan): Change | null {
  const { diskType } = settingsOf({ planId, settings });
  if (diskType === null || bootDisksOf(machineType) === null) return null;
  if (bootDiskSupport(machineType, diskType) === "documented") return null;
  const others = bootDisksOf(machineType)?.join(" or ") ?? "";
  return {
    reason: "DISK_TYPE_UNSUPPORTED",
    remedy: `Name ${others} in the environment's disk_type_ref instead of ${diskType}, or another machine type.`,
    blastRadius: "request",
    retry: "never",
  };
}

/** The API's own form: `Invalid value for field 'zone': '…'. Unknown zone.` */
const UNKNOWN_ZONE = /Invalid value for field 'zone': /;
/** The API's own forms: `The resource '…' was not found`, `Required '…' permission for '…'`. */
const QUOTED_LINK = /'((?:https:\/\/[^'\s]+\/)?projects\/[^'\s]+)'/;

function ofResource({ code, reason, message }: SlipwayError, zone: string): Change | null {
  const isRefused = reason === "CLOUD_REQUEST_REFUSED";
  if (isRefused && UNKNOWN_ZONE.test(message)) return MISSING_ZONE;
  const link = partialLink(QUOTED_LINK.exec(message)?.[1] ?? "") ?? "";
  const resource = readResourceLink(link);
  if (code === "PERMISSION_DENIED" && resource?.collection === "images") return CLOSED_IMAGE;
  if (!isRefused || code !== "NOT_FOUND") return null;
  if (link.endsWith(`/zones/${zone}`)) return MISSING_ZONE;
  return MISSING[resource?.collection ?? ""] ?? null;
}

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
/** By collection. Anything else concerns the request alone. */
const MISSING: Readonly<Record<string, Change>> = {
  diskTypes: MISSING_TYPE,
  images: { reason: "IMAGE_NOT_FOUND", blastRadius: "image" },
  machineTypes: MISSING_TYPE,
  subnetworks: { reason: "SUBNET_NOT_FOUND", blastRadius: "region" },
};
const CLOSED_IMAGE: Change = {
  reason: "IMAGE_PERMISSION_DENIED",
  remedy: "Have roles/compute.imageUser granted to the launcher on the image or on its project.",
  blastRadius: "image",
};
