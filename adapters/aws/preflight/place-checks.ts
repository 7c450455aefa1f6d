import type { ErrorReason, SlipwayError } from "../../../src/errors.ts";
import type { InstanceOptions } from "../../../src/plan/instance.ts";
import type { Check, AwsTarget, Candidate } from "../../../src/plan/plan.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import type { MachineChoice } from "./machine-choice.ts";
import { OPTION_CHECKS } from "./option-refusals.ts";
import type { PlaceRefusal } from "./place-refusal.ts";
import type { JudgedPlace } from "./places.ts";
import { unread } from "../errors/failed-reads.ts";
import type { Subnet } from "@aws-sdk/client-ec2";

interface PlaceRule {
  readonly name: string;
  readonly reason: ErrorReason;
  /** The check's message if no place is refused for this reason. */
  readonly passedMessage: string;
  readonly remedy: string;
  /** Whether the user should correct the placement even if other places are left. */
  readonly warnsIfOthersAreLeft: boolean;
  /** Whether the rule concerns the machine type. */
  readonly concernsMachineType: boolean;
  /** The placement's option that the rule is about. Plans without it have no such check. */
  readonly option?: keyof InstanceOptions;
}

const RULES: readonly PlaceRule[] = [
  {
    name: "subnets.exist",
    reason: "SUBNET_NOT_FOUND",
    passedMessage: "every subnet of the placement exists",
    remedy: "Correct subnet_ids of the placement, its region or its account.",
    warnsIfOthersAreLeft: true,
    concernsMachineType: false,
  },
  {
    name: "subnets.available",
    reason: "PLACE_UNAVAILABLE",
    passedMessage: "every subnet is available",
    remedy: "Wait until the subnet is available, or name another one in the placement.",
    warnsIfOthersAreLeft: true,
    concernsMachineType: false,
  },
  {
    name: "subnets.network",
    reason: "NETWORK_MISMATCH",
    passedMessage: "the subnets are in the VPC",
    remedy:
      "Name subnets, vpc_id and security_group_id (or security_group_ids) of one VPC in the placement.",
    warnsIfOthersAreLeft: true,
    concernsMachineType: false,
  },
  {
    name: "subnets.addresses",
    reason: "SUBNET_FULL",
    passedMessage: "the subnets have free addresses",
    remedy: "Free addresses in the subnet, or name another one in the placement.",
    warnsIfOthersAreLeft: true,
    concernsMachineType: false,
  },
  {
    name: "machine-type.offered",
    reason: "MACHINE_TYPE_NOT_OFFERED",
    passedMessage: "the instance type is offered in the zones of the placement",
    remedy: "Name subnets in zones that offer the instance type, or another machine type.",
    warnsIfOthersAreLeft: false,
    concernsMachineType: true,
  },
  {
    name: "machine-type.ipv6",
    reason: "IPV6_UNSUPPORTED",
    passedMessage: "the instance type works in the placement's subnets",
    remedy: "Name a machine type of the Nitro System, or subnets with IPv4 addresses.",
    warnsIfOthersAreLeft: false,
    concernsMachineType: true,
  },
  {
    name: "machine-type.market",
    reason: "NOT_OFFERED_HERE",
    passedMessage: "the instance type is available in the placement's market",
    remedy: "Set market of the placement to ON_DEMAND, or name another machine type.",
    warnsIfOthersAreLeft: false,
    concernsMachineType: true,
  },
  {
    name: OPTION_CHECKS.subnetIpv6,
    reason: "IPV6_UNSUPPORTED",
    passedMessage: "the subnets suit the placement's number of IPv6 addresses",
    remedy: "Name dual-stack subnets in the placement, or correct ipv6_address_count.",
    warnsIfOthersAreLeft: true,
    concernsMachineType: false,
    option: "ipv6AddressCount",
  },
  {
    name: OPTION_CHECKS.typeIpv6,
    reason: "IPV6_UNSUPPORTED",
    passedMessage: "the instance type has as many IPv6 addresses as the placement requests",
    remedy: "Name another machine type, or lower ipv6_address_count of the placement.",
    warnsIfOthersAreLeft: false,
    concernsMachineType: true,
    option: "ipv6AddressCount",
  },
  {
    name: OPTION_CHECKS.typeTenancy,
    reason: "NOT_OFFERED_HERE",
    passedMessage: "the instance type may have the placement's tenancy",
    remedy: "Name another machine type, or correct tenancy of the placement.",
    warnsIfOthersAreLeft: false,
    concernsMachineType: true,
    option: "tenancy",
  },
  {
    name: "capacity-reservation.matches",
    reason: "RESERVATION_MISMATCH",
    passedMessage: "the capacity reservation is for the machine type and the zone",
    remedy:
      "Name a machine type and a subnet that match the reservation, or change capacity_reservation of the placement.",
    warnsIfOthersAreLeft: false,
    concernsMachineType: true,
    option: "capacityReservation",
  },
  {
    name: "capacity-reservation.available",
    reason: "RESERVATION_FULL",
    passedMessage: "the capacity reservation has a machine free",
    remedy:
      "Terminate a machine of the reservation, enlarge it, or change capacity_reservation of the placement.",
    warnsIfOthersAreLeft: true,
    concernsMachineType: true,
    option: "capacityReservation",
  },
];

/**
 * The checks of the places. An unusable place is only a rejected candidate while another place is left. Once none is
 * left, every rule that a place breaks is a failed check.
 */
export function placeChecks(
  places: readonly JudgedPlace[],
  { types, zonesError }: Pick<MachineChoice, "types" | "zonesError">,
  options: InstanceOptions = {},
): readonly Check[] {
  const isTypeKnown = types.some(({ info, zones }) => info !== null && zones !== null);
  const isOneLeft = places.some(({ candidate }) => candidate.verdict === "eligible");
  return rulesFor(options).map((rule) => {
    if (rule.reason === "MACHINE_TYPE_NOT_OFFERED" && zonesError !== null)
      return unread(rule.name, zonesError);
    if (rule.concernsMachineType && !isTypeKnown)
      return skipped(rule.name, "the instance type could not be read");
    const why = [
      ...new Set(
        places.flatMap(({ refusals }) =>
          refusals.flatMap((refusal) => (isAbout(refusal, rule) ? [refusal.why] : [])),
        ),
      ),
    ];
    if (why.length === 0) return passed(rule.name, rule.passedMessage);
    const finding = {
      code: "FAILED_PRECONDITION",
      reason: rule.reason,
      message: why.join("; "),
      remedy: rule.remedy,
    } as const;
    if (!isOneLeft)
      return failed(rule.name, {
        ...finding,
        blastRadius: "zone",
        metadata: {
          places: places.map(({ candidate: { place, subnet, machineType } }) => ({
            place,
            ...(subnet === undefined ? {} : { subnet }),
            ...(machineType === undefined ? {} : { machine_type: machineType }),
          })),
        },
      });
    return rule.warnsIfOthersAreLeft
      ? warning(rule.name, finding)
      : passed(rule.name, finding.message);
  });
}

function rulesFor(options: InstanceOptions): readonly PlaceRule[] {
  return RULES.filter(({ option }) => option === undefined || options[option] !== undefined);
}

function isAbout({ check, reason }: PlaceRefusal, rule: PlaceRule): boolean {
  return reason === rule.reason && (check === undefined || check === rule.name);
}

export function unreadPlaceChecks(
  error: SlipwayError,
  options: InstanceOptions = {},
): readonly Check[] {
  return rulesFor(options).map(({ name }, index) =>
    index === 0 ? unread(name, error) : skipped(name, "the subnets could not be read"),
  );
}

const ADDRESS_CHECK = "subnets.public-address";

/**
 * Warns if a machine gets a public address that the placement does not request, as in the subnets of a default VPC
 * ("Modify the IP addressing attributes of your subnet" in the Amazon VPC user guide).
 */
export function addressCheck(
  { assignPublicIp }: Pick<AwsTarget, "assignPublicIp">,
  candidates: readonly Candidate[],
  subnets: readonly Subnet[],
): Check {
  const used = new Set(
    candidates.flatMap(({ verdict, subnet }) => (verdict === "eligible" ? [subnet] : [])),
  );
  if (assignPublicIp) return requestedAddressCheck(subnets.filter(isUsedIn(used)));
  const assigning = subnets
    .filter(isUsedIn(used))
    .flatMap(({ SubnetId, MapPublicIpOnLaunch, Ipv6Native }) =>
      SubnetId !== undefined && MapPublicIpOnLaunch === true && Ipv6Native !== true
        ? [SubnetId]
        : [],
    );
  if (assigning.length === 0)
    return passed(ADDRESS_CHECK, "the subnets assign no public addresses");
  const [assign, change] =
    assigning.length === 1 ? ["assigns", "the subnet"] : ["assign", "the subnets"];
  return warning(ADDRESS_CHECK, {
    code: "FAILED_PRECONDITION",
    reason: "PUBLIC_ADDRESS",
    message: `${assigning.join(", ")} ${assign} each machine a public address, although the placement requests none`,
    remedy: `Name subnets that assign none in the placement, or change ${change} (aws ec2 modify-subnet-attribute --no-map-public-ip-on-launch). If public addresses are intended, set assign_public_ip: true.`,
  });
}

function isUsedIn(used: ReadonlySet<string | undefined>) {
  return ({ SubnetId }: Subnet): boolean => used.has(SubnetId);
}

/** An IPv6-only subnet has no public IPv4 address to give. Its IPv6 addresses are public if its routes lead outside. */
function requestedAddressCheck(subnets: readonly Subnet[]): Check {
  const only = subnets.flatMap(({ SubnetId, Ipv6Native }) =>
    SubnetId !== undefined && Ipv6Native === true ? [SubnetId] : [],
  );
  if (only.length === 0) return passed(ADDRESS_CHECK, "the placement requests a public address");
  const [is, its] = only.length === 1 ? ["is", "its"] : ["are", "their"];
  return warning(ADDRESS_CHECK, {
    code: "FAILED_PRECONDITION",
    reason: "PUBLIC_ADDRESS",
    message: `${only.join(", ")} ${is} IPv6-only: ${its} machines get an IPv6 address and no public IPv4 address, although the placement has assign_public_ip: true`,
    remedy:
      "Name subnets with IPv4 addresses in the placement if the machines need one, or set assign_public_ip: false.",
  });
}
