import type { InstanceTypeInfo, SecurityGroup, Subnet } from "@aws-sdk/client-ec2";
import type { ErrorReason } from "../../../src/errors.ts";
import type { AwsTarget, Candidate } from "../../../src/plan/plan.ts";

export interface PlaceCheckInput {
  readonly candidates: readonly Candidate[];
  readonly target: AwsTarget;
  /** The placement's subnets that exist. */
  readonly subnets: readonly Subnet[];
  /** The group that the placement names. Null if it names none or the group does not exist. */
  readonly securityGroup: SecurityGroup | null;
  readonly instanceType: string;
  /** EC2's description of the type. Null if it is not known. */
  readonly info: InstanceTypeInfo | null;
  /** Zones that offer the type. Null if they are not known. */
  readonly zonesWithType: readonly string[] | null;
}

/** Why a machine cannot be launched at a candidate. */
export interface PlaceRefusal {
  readonly reason: ErrorReason;
  readonly why: string;
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
    const refusals =
      subnet === undefined ? [missing(candidate, input)] : refusalsOf(subnet, candidate, input);
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

function refusalsOf(
  subnet: Subnet,
  { market }: Candidate,
  input: PlaceCheckInput,
): readonly PlaceRefusal[] {
  const { target, securityGroup, zonesWithType, instanceType, info } = input;
  const { SubnetId = "", AvailabilityZone = "", VpcId = "" } = subnet;
  const wantedVpc = target.vpcId ?? securityGroup?.VpcId ?? VpcId;
  const refusals: PlaceRefusal[] = [];
  if (subnet.State !== undefined && subnet.State !== "available")
    refusals.push({ reason: "PLACE_UNAVAILABLE", why: `${SubnetId} is ${subnet.State}` });
  if (VpcId !== wantedVpc)
    refusals.push({
      reason: "NETWORK_MISMATCH",
      why: `${SubnetId} is in ${VpcId}, not in ${wantedVpc}${target.vpcId === null ? ` as ${securityGroup?.GroupId ?? "the security group"} is` : ""}`,
    });
  if (subnet.AvailableIpAddressCount === 0)
    refusals.push({ reason: "SUBNET_FULL", why: `${SubnetId} has no free address` });
  if (zonesWithType !== null && !zonesWithType.includes(AvailabilityZone))
    refusals.push({
      reason: "MACHINE_TYPE_NOT_OFFERED",
      why: `${instanceType} is not offered in ${AvailabilityZone}`,
    });
  const usages = info?.SupportedUsageClasses;
  if (market !== undefined && usages !== undefined && !usages.includes(market))
    refusals.push({
      reason: "NOT_OFFERED_HERE",
      why: `${instanceType} is not available ${market === "spot" ? "on the spot market" : "on demand"}`,
    });
  return refusals;
}
