import {
  architectureOf,
  diskTypeSubstrate,
  imageSubstrate,
  machineTypeSubstrate,
} from "../catalog/kinds.ts";
import type { CatalogRecord } from "../catalog/kinds.ts";
import type { Check, Substrate } from "../plan/plan.ts";
import { failed, passed, warning } from "../substrate/check.ts";
import type { Links } from "./links.ts";
import { PROCESS_FIELDS } from "./sources.ts";
import { requestedReference } from "./select-image.ts";

/** The check that the image's and the machine type's records have the same architecture. */
export const MACHINE_TYPE_ARCHITECTURE = "architecture.machine-type";

/** Every check that needs only the catalog. It repeats the checks made on writes, which may have changed since. */
export function checkRecords(links: Links): readonly Check[] {
  const { image, placement, environment, machineType, diskType } = links;
  if (placement === null) return [];
  const where: Where = { substrate: placement.substrate, placement: placement.name };
  return [
    ...(image === null ? [] : [imageFits(image, where), regionHas(image, placement)]),
    processFits(links.workspace, where),
    warmMachines(links.workspace),
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
    ...links.dataDiskTypes
      .filter((record) => record !== null)
      .map((record) => substrateFits(`disk-type ${record.name}`, diskTypeSubstrate(record), where)),
  ].filter((check) => check !== null);
}

interface Where {
  readonly substrate: Substrate;
  readonly placement: string;
}

function imageFits(image: CatalogRecord<"image">, where: Where): Check {
  return substrateFits(`image ${image.name}`, imageSubstrate(image), where);
}

/** Warm machines do not exist yet: without the warning, `min_idle` would be trusted to shorten the launch. */
function warmMachines({ name, minIdle = 0 }: CatalogRecord<"workspace">): Check | null {
  if (minIdle === 0) return null;
  return warning("workspace.min-idle", {
    message: `workspace ${name} has min_idle ${minIdle}, but no machines are kept warm: each spawn launches its own`,
    remedy: "Set min_idle to 0, or leave it for a version that keeps warm machines.",
  });
}

/** A virtual machine runs its image's own programs. */
function processFits(
  workspace: CatalogRecord<"workspace">,
  { substrate, placement }: Where,
): Check | null {
  const fields = PROCESS_FIELDS.filter((field) => workspace[field] !== undefined);
  if (fields.length === 0 || substrate === "DOCKER") return null;
  return failed("substrate.process", {
    code: "FAILED_PRECONDITION",
    reason: "SUBSTRATE_MISMATCH",
    message: `workspace ${workspace.name} sets ${fields.join(", ")}, which only containers have, but placement ${placement} is on ${substrate}`,
    remedy: "Remove the fields and start the program from user_data, or use a placement on DOCKER.",
    metadata: { fields, placement_substrate: substrate },
  });
}

function substrateFits(what: string, substrate: Substrate, where: Where): Check {
  const name = `substrate.${what.split(" ")[0]}`;
  if (substrate === where.substrate) return passed(name, `${what} is for ${substrate}`);
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "SUBSTRATE_MISMATCH",
    message: `${what} is for ${substrate}, but placement ${where.placement} is on ${where.substrate}`,
    remedy: `Reference one for ${where.substrate} in the workspace, or use a placement on ${substrate}.`,
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
    remedy: `Use an environment with an ${wanted} machine type, or an ${offered} image. If the provider's machine type is ${wanted}, correct the architecture of machine-type ${machineType.name}.`,
    blastRadius: "image",
    metadata: { image_architecture: wanted, machine_type_architecture: offered },
  });
}

/**
 * Checks that the image has an AMI in the placement's region. AMIs are bound to a region, so no other entry can be
 * used. A baked image has exactly one entry, for the region it was baked in.
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
  const regions = available.join(", ");
  return failed("image.region", {
    code: "FAILED_PRECONDITION",
    reason: "REGION_MISMATCH",
    message: `image ${image.name} has no AMI in ${region}, the region of placement ${placement.name}; ${baked === undefined ? `it has one in ${regions}` : `it was baked in ${regions} and must also be baked in ${region}`}`,
    remedy:
      baked === undefined
        ? `Add an AMI in ${region} to aws.ami_ids of image ${image.name}, or use a placement in ${available.join(" or ")}.`
        : `Bake recipe ${baked.recipeRef} in ${region} (a baked image exists in one region only), or use a placement in ${available.join(" or ")}.`,
    blastRadius: "region",
    metadata: { region, available },
  });
}
