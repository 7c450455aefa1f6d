import type { Check, GcpTarget } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import { CONFIDENTIAL_FEATURES, confidentialSupport, typesWith } from "../launch/confidential.ts";

/** The check that machines of a type have the placement's confidential technology. */
export const MACHINE_TYPE_CONFIDENTIAL = "machine-type.confidential";

/** Whether the image is marked for the shielded and confidential options of the placement. */
export function imageSecurityChecks(target: GcpTarget, image: ImageFacts | null): readonly Check[] {
  if (image === null) return [];
  const { shielded, confidential } = target;
  const isShielded = Object.values(shielded ?? {}).includes(true);
  return [
    ...(isShielded ? [featureCheck("shielded", image, "UEFI_COMPATIBLE")] : []),
    ...(confidential === undefined
      ? []
      : [featureCheck("confidential", image, CONFIDENTIAL_FEATURES[confidential.type])]),
  ];
}

function featureCheck(
  field: "shielded" | "confidential",
  { link, guestOsFeatures }: ImageFacts,
  feature: string,
): Check {
  const name = `image.${field}`;
  if (guestOsFeatures.includes(feature))
    return passed(name, `${link} has the guest feature ${feature}`);
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_UNSUPPORTED",
    message: `${link} has no guest feature ${feature}, which ${field} of the placement needs`,
    remedy: `Name an image with the guest feature ${feature}, or change ${field} of the placement.`,
    blastRadius: "image",
    metadata: { image: link, guest_os_feature: feature },
  });
}

/** Whether machines of the type have the placement's confidential technology. */
export function confidentialChecks(
  { confidential }: GcpTarget,
  machineType: string,
): readonly Check[] {
  if (confidential === undefined) return [];
  const { type } = confidential;
  const what = `confidential machines with ${type}`;
  switch (confidentialSupport(machineType, type)) {
    case "documented":
      return [passed(MACHINE_TYPE_CONFIDENTIAL, `machine type ${machineType} makes ${what}`)];
    case "unknown":
      return [
        warning(MACHINE_TYPE_CONFIDENTIAL, {
          reason: "CONFIDENTIAL_UNSUPPORTED",
          message: `machine type ${machineType} is not known to make ${what}`,
          remedy: `If Compute Engine refuses it, name a machine type that does: ${typesWith(type)}.`,
        }),
      ];
    case "refused":
      return [
        failed(MACHINE_TYPE_CONFIDENTIAL, {
          code: "FAILED_PRECONDITION",
          reason: "CONFIDENTIAL_UNSUPPORTED",
          message: `machine type ${machineType} does not make ${what}`,
          remedy: `Name a machine type that does (${typesWith(type)}), or change confidential of the placement.`,
          metadata: { machine_type: machineType, confidential_type: type },
        }),
      ];
  }
}
