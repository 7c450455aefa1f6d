import type {
  CapacityReservation,
  InstanceTypeInfo,
  SecurityGroup,
  Subnet,
} from "@aws-sdk/client-ec2";
import type { AwsTarget, Candidate } from "../../../src/plan/plan.ts";
import type { InstanceSettings } from "../settings.ts";
import type { PlaceRefusal } from "./place-refusal.ts";
import { optionSubnetRefusals, optionTypeRefusals } from "./option-refusals.ts";
import { reservationRefusals } from "./capacity-reservation.ts";
import { typeAt } from "./type-choice.ts";
import type { TypeChoice } from "./type-choice.ts";

export interface PlaceCheckInput {
  readonly candidates: readonly Candidate[];
  readonly target: AwsTarget;
  /** The placement's subnets that exist. */
  readonly subnets: readonly Subnet[];
  /** The groups that the placement names, without those that do not exist. */
  readonly securityGroups: readonly SecurityGroup[];
  /** The capacity reservation that the placement names. Null if it names none or it could not be read. */
  readonly reservation: CapacityReservation | null;
  /** The instance types of the candidates. */
  readonly types: readonly TypeChoice[];
}

export interface JudgedPlace {
  readonly candidate: Candidate;
  readonly refusals: readonly PlaceRefusal[];
  readonly vpcId: string | null;
}

/** Every candidate with its zone, in the same order, each with every reason why a machine cannot be launched there. */
export function judgePlaces(input: PlaceCheckInput): readonly JudgedPlace[] {
  return input.candidates.map((candidate) => {
    const subnet = input.subnets.find(({ SubnetId }) => SubnetId === candidate.subnet);
    const type = typeAt(input.types, candidate);
    const refusals = [
      ...refusalOf(type),
      ...(subnet === undefined
        ? [missing(candidate, input)]
        : [
            ...subnetRefusals(subnet, input),
            ...optionSubnetRefusals(subnet, input.target),
            ...typeRefusals(subnet, candidate, type),
            ...(type === null || type.info === null
              ? []
              : optionTypeRefusals(type.name, type.info, input.target)),
            ...(input.reservation === null
              ? []
              : reservationRefusals(input.reservation, candidate, {
                  zone: subnet.AvailabilityZone,
                  type: type?.name ?? null,
                })),
          ]),
    ];
    return {
      candidate: {
        ...candidate,
        place: subnet?.AvailabilityZone ?? candidate.place,
        verdict: refusals.length === 0 ? "eligible" : "rejected",
        reason: refusals.length === 0 ? null : refusals.map(({ why }) => why).join("; "),
      },
      refusals,
      vpcId: subnet?.VpcId ?? null,
    };
  });
}

function missing({ subnet }: Candidate, { target }: PlaceCheckInput): PlaceRefusal {
  return {
    reason: "SUBNET_NOT_FOUND",
    why: `${target.region} has no ${subnet ?? "subnet"} that these credentials can see`,
  };
}

/** The refusal of a type that is left out everywhere. */
function refusalOf(type: TypeChoice | null): readonly PlaceRefusal[] {
  const { reason, message } = type?.refusal ?? {};
  return reason === undefined || message === undefined ? [] : [{ reason, why: message }];
}

/** Refusals of every machine in the subnet. */
function subnetRefusals(
  subnet: Subnet,
  { target, securityGroups }: PlaceCheckInput,
): readonly PlaceRefusal[] {
  const { SubnetId = "", VpcId = "" } = subnet;
  const refusals: PlaceRefusal[] = [];
  if (subnet.State !== undefined && subnet.State !== "available")
    refusals.push({ reason: "PLACE_UNAVAILABLE", why: `${SubnetId} is ${subnet.State}` });
  const mismatch = vpcMismatch(VpcId, target, securityGroups);
  if (mismatch !== null)
    refusals.push({ reason: "NETWORK_MISMATCH", why: `${SubnetId} is in ${VpcId}, ${mismatch}` });
  // An IPv6-only subnet has no IPv4 address to give, and more IPv6 addresses than machines.
  if (subnet.AvailableIpAddressCount === 0 && subnet.Ipv6Native !== true)
    refusals.push({ reason: "SUBNET_FULL", why: `${SubnetId} has no free address` });
  return refusals;
}

/** Why the subnet's VPC is the wrong one. The check of the groups compares them with the placement's VPC. */
function vpcMismatch(
  vpcId: string,
  target: AwsTarget,
  groups: readonly SecurityGroup[],
): string | null {
  if (target.vpcId !== null) return vpcId === target.vpcId ? null : `not in ${target.vpcId}`;
  const other = groups.find(({ VpcId }) => VpcId !== vpcId);
  return other === undefined ? null : `not in ${other.VpcId} as ${other.GroupId} is`;
}

/** Refusals of machines of the type in the subnet. */
function typeRefusals(
  subnet: Subnet,
  { market }: Candidate,
  type: TypeChoice | null,
): readonly PlaceRefusal[] {
  if (type === null) return [];
  const { name, info, zones } = type;
  const { SubnetId = "", AvailabilityZone = "" } = subnet;
  const refusals: PlaceRefusal[] = [];
  // An Outpost has types of its own, which the zone's offerings do not list: EC2's dry run decides.
  const isInZone = subnet.OutpostArn === undefined || subnet.OutpostArn === "";
  if (isInZone && zones !== null && !zones.includes(AvailabilityZone))
    refusals.push({
      reason: "MACHINE_TYPE_NOT_OFFERED",
      why: `${name} is not offered in ${AvailabilityZone}`,
    });
  const obstacle = info === null || subnet.Ipv6Native !== true ? null : ipv6Obstacle(info);
  if (obstacle !== null)
    refusals.push({
      check: "machine-type.ipv6",
      reason: "IPV6_UNSUPPORTED",
      why: `${SubnetId} is IPv6-only, but ${name} ${obstacle}`,
    });
  const usages = info?.SupportedUsageClasses;
  if (market !== undefined && usages !== undefined && !usages.includes(market))
    refusals.push({
      check: "machine-type.market",
      reason: "NOT_OFFERED_HERE",
      why: `${name} is not available ${market === "spot" ? "on the spot market" : "on demand"}`,
    });
  return refusals;
}

/**
 * "EC2 instances built on the Nitro System" work in IPv6-only subnets.
 * https://aws.amazon.com/blogs/networking-and-content-delivery/introducing-ipv6-only-subnets-and-ec2-instances/
 */
function ipv6Obstacle({ Hypervisor, NetworkInfo }: InstanceTypeInfo): string | null {
  if (NetworkInfo?.Ipv6Supported === false) return "does not support IPv6";
  return Hypervisor === "xen" ? "is not built on the Nitro System" : null;
}

/**
 * The IPv6-only subnets, as the plan's settings have them. EC2 refuses a request for an address in a subnet that has no
 * IPv6 block, so that such a subnet counts as one that assigns addresses by itself.
 */
export function ipv6OnlySubnetsOf(subnets: readonly Subnet[]): InstanceSettings["ipv6OnlySubnets"] {
  return subnets.flatMap((subnet) =>
    subnet.SubnetId === undefined || subnet.Ipv6Native !== true
      ? []
      : [{ subnet: subnet.SubnetId, assignsAddresses: assignsIpv6(subnet) }],
  );
}

function assignsIpv6({ AssignIpv6AddressOnCreation, Ipv6CidrBlockAssociationSet }: Subnet) {
  return AssignIpv6AddressOnCreation !== false || (Ipv6CidrBlockAssociationSet ?? []).length === 0;
}
