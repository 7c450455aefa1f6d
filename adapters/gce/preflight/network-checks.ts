import type { SlipwayError } from "../../../src/errors.ts";
import type { Check, GcpTarget } from "../../../src/plan/plan.ts";
import { failed, failedBy, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { regionOfZones } from "../../../src/plan/gce-region.ts";
import { lastPart, subnetworkLink } from "../image/links.ts";
import { unread } from "../errors/failed-reads.ts";
import { invalidField } from "../errors/invalid-field.ts";
import type { Reading } from "../../../src/substrate/reading.ts";
import type { SubnetworkReply } from "../client/replies.ts";
import type { SubnetReference } from "../target.ts";

export interface SubnetCheckInput {
  readonly target: GcpTarget;
  /** The placement's subnet, or the reason why its name is invalid. */
  readonly named: Reading<SubnetReference>;
  readonly subnet: Reading<SubnetworkReply> | null;
  /** Whether the launcher may use the subnet. */
  readonly isUsable: boolean;
}

/** Purposes that allow machines; others are for proxies, peering and load balancers. */
const MACHINE_PURPOSES: ReadonlySet<string> = new Set(["PRIVATE", "PRIVATE_RFC_1918"]);

export function subnetChecks({
  target,
  named,
  subnet,
  isUsable,
}: SubnetCheckInput): readonly Check[] {
  if (named.error !== null) return [failedBy("subnets.exist", named.error), unknown()];
  if (subnet === null || subnet.error !== null)
    return [
      foundError(subnet?.error ?? null, { target, isUsable }),
      placeCheck(target, named.value, null),
    ];
  const link = linkOf(named.value);
  const found = `${link} is of network ${lastPart(subnet.value.network)}`;
  return [passed("subnets.exist", found), placeCheck(target, named.value, subnet.value)];
}

function unknown(): Check {
  return skipped("subnets.network", "unknown, because the placement names no subnet");
}

function foundError(
  error: SlipwayError | null,
  { target, isUsable }: Pick<SubnetCheckInput, "target" | "isUsable">,
): Check {
  const check = "subnets.exist";
  if (error === null) return skipped(check, "not tested");
  // A launch uses a shared network's subnet, and need not read it.
  if (isUsable && error.code === "PERMISSION_DENIED")
    return warning(check, {
      reason: error.reason,
      message: `the launcher may use the subnet, but the reader may not read it: ${error.message}`,
      remedy: "Grant the reader compute.subnetworks.get in the network's project.",
    });
  // The API replies to an unknown region with 400 for the field `region`.
  if (invalidField(error.message) !== "region") return unread(check, error);
  return failed(check, {
    code: "NOT_FOUND",
    reason: "SUBNET_NOT_FOUND",
    message: error.message,
    remedy: target.subnet.includes("/")
      ? "Correct the region in the placement's subnet."
      : "Correct the placement's zones: the subnet is looked up in their region.",
    metadata: error.metadata,
  });
}

/** Checks that the subnet is in the zones' region, in the network project, and for machines. */
function placeCheck(
  target: GcpTarget,
  subnet: SubnetReference,
  reply: SubnetworkReply | null,
): Check {
  const check = "subnets.network";
  const link = linkOf(subnet);
  const region = regionOfZones(target.zones);
  if (subnet.region !== region)
    return failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "REGION_MISMATCH",
      message: `${link} is in ${subnet.region}, the placement's zones are in ${region}`,
      remedy: `Name a subnet of ${region} in the placement, or zones of ${subnet.region}.`,
      metadata: { subnet: link, region },
    });
  const owner = target.networkProject;
  if (owner !== null && owner !== subnet.project)
    return failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "NETWORK_MISMATCH",
      message: `${link} is of project ${subnet.project}, the placement's network_project is ${owner}`,
      remedy: "Name a subnet of the network project, or correct network_project.",
      metadata: { subnet: link, network_project: owner },
    });
  const purpose = reply?.purpose ?? "PRIVATE";
  if (!MACHINE_PURPOSES.has(purpose))
    return failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "NETWORK_MISMATCH",
      message: `${link} is for ${purpose}, not for machines`,
      remedy: "Name a subnet whose purpose is PRIVATE in the placement.",
      metadata: { subnet: link, purpose },
    });
  return reply === null
    ? skipped(check, "unknown, because the subnet could not be read")
    : passed(check, `${link} is in the zones' region and for machines`);
}

function linkOf({ project, region, name }: SubnetReference): string {
  return subnetworkLink(project, region, name);
}
