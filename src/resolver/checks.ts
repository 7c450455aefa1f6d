import {
  architectureOf,
  diskTypeSubstrate,
  imageSubstrate,
  machineTypeSubstrate,
} from "../catalog/kinds.ts";
import type { CatalogRecord } from "../catalog/kinds.ts";
import type { Check, Substrate } from "../plan/plan.ts";
import { failed, passed } from "../substrate/check.ts";
import type { Links } from "./links.ts";
import { requestedReference } from "./select-image.ts";

/** Whether image and machine type are of one architecture, as their records say. */
export const MACHINE_TYPE_ARCHITECTURE = "architecture.machine-type";

/** What can be judged from the catalog alone: all of it, whatever the writes once allowed. */
export function checkRecords(links: Links): readonly Check[] {
  const { image, placement, environment, machineType, diskType } = links;
  if (placement === null) return [];
  const where: Where = { substrate: placement.substrate, placement: placement.name };
  return [
    ...(image === null ? [] : [imageFits(image, where), regionHas(image, placement)]),
    ...(environment === null
      ? []
      : [substrateFits(`environment ${environment.name}`, environment.substrate, where)]),
    ...(machineType === null
      ? []
      : [
          substrateFits(
            `machine-type ${machineType.name}`,
            machineTypeSubstrate(machineType),
            where,
          ),
          ...(image === null ? [] : [architectureFits(image, machineType)]),
        ]),
    ...(diskType === null
      ? []
      : [substrateFits(`disk-type ${diskType.name}`, diskTypeSubstrate(diskType), where)]),
  ].filter((check) => check !== null);
}

interface Where {
  readonly substrate: Substrate;
  readonly placement: string;
}

function imageFits(image: CatalogRecord<"image">, where: Where): Check {
  return substrateFits(`image ${image.name}`, imageSubstrate(image), where);
}

function substrateFits(what: string, substrate: Substrate, where: Where): Check {
  const name = `substrate.${what.split(" ")[0]}`;
  if (substrate === where.substrate) return passed(name, `${what} is for ${substrate}`);
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "SUBSTRATE_MISMATCH",
    message: `${what} is for ${substrate}, but placement ${where.placement} is on ${where.substrate}`,
    remedy: `Name one for ${where.substrate} in the workspace, or a placement on ${substrate}.`,
    metadata: { substrate, placement_substrate: where.substrate },
  });
}

function architectureFits(
  image: CatalogRecord<"image">,
  machineType: CatalogRecord<"machine-type">,
): Check {
  const wanted = architectureOf(image);
  const offered = architectureOf(machineType);
  if (wanted === offered)
    return passed(MACHINE_TYPE_ARCHITECTURE, `machine-type ${machineType.name} is ${wanted}`);
  return failed(MACHINE_TYPE_ARCHITECTURE, {
    code: "FAILED_PRECONDITION",
    reason: "ARCHITECTURE_MISMATCH",
    message: `image ${image.name} is ${wanted}, but machine-type ${machineType.name} is ${offered}`,
    remedy: `Name an environment with a machine type of ${wanted}, or an image for ${offered}; where the type itself is ${wanted}, correct the architecture of machine-type ${machineType.name}.`,
    blastRadius: "image",
    metadata: { image_architecture: wanted, machine_type_architecture: offered },
  });
}

/**
 * AMIs belong to a region: the placement's is the only entry that counts, and its absence is a failure, never a
 * guess. A baked image has one entry, that of the region it was baked in.
 */
function regionHas(
  image: CatalogRecord<"image">,
  placement: CatalogRecord<"placement">,
): Check | null {
  if (placement.substrate !== "AWS" || image.aws === undefined) return null;
  const { region } = placement.target.aws;
  if (requestedReference(image, region) !== null)
    return passed("image.region", `image ${image.name} has an AMI in ${region}`);
  const available = Object.keys(image.aws.amiIds).toSorted();
  const baked = image.aws.provenance;
  return failed("image.region", {
    code: "FAILED_PRECONDITION",
    reason: "REGION_MISMATCH",
    message: `image ${image.name} has no AMI in ${region}, the region of placement ${placement.name}; it has one in ${available.join(", ")}${baked === undefined ? "" : `, where it was baked: it must be baked in ${region} too`}`,
    remedy:
      baked === undefined
        ? `Add an AMI of ${region} to aws.ami_ids of image ${image.name}, or use a placement in ${available.join(" or ")}.`
        : `Bake recipe ${baked.recipeRef} in ${region} (a baked image lives in one region), or use a placement in ${available.join(" or ")}.`,
    blastRadius: "region",
    metadata: { region, available },
  });
}
