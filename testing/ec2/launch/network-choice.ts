import type { Context } from "../action.ts";
import { Ec2Failure, invalidCombination, invalidValue } from "../failure.ts";
import { GROUP_ID, SUBNET_ID, lookUp, requireWellFormed } from "../ids.ts";
import {
  defaultNetwork,
  isTaken,
  isUsableAddress,
  maySeeSubnet,
  takenAddresses,
} from "../network.ts";
import type { SecurityGroup, Subnet } from "../records.ts";
import type { RunParameters } from "./shape.ts";

/** Where a launch may go, as far as its request determines it. */
export interface NetworkChoice {
  /** The eligible subnets: the named subnet, the default subnet of the named zone, or those of all zones. */
  readonly subnets: readonly Subnet[];
  /** True if the request names a zone or a subnet. */
  readonly isNamed: boolean;
  readonly securityGroups: readonly SecurityGroup[];
  readonly privateIp: string | null;
  /** Number of IPv6 addresses. Null: use the subnet's setting. */
  readonly ipv6Count: number | null;
  /** Null: use the subnet's setting. */
  readonly wantsPublicIp: boolean | null;
  readonly description: string;
  readonly deleteInterface: boolean;
}

/**
 * The default quota of groups of an interface.
 * https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
 */
const MOST_GROUPS = 5;

/** @throws Ec2Failure `SecurityGroupsPerInterfaceLimitExceeded` */
export function requireGroupQuota({ securityGroups }: NetworkChoice): void {
  if (securityGroups.length <= MOST_GROUPS) return;
  throw new Ec2Failure(
    "SecurityGroupsPerInterfaceLimitExceeded",
    "The maximum number of security groups per interface has been reached.",
  );
}

/** @throws Ec2Failure for networks that do not exist or that conflict. */
export function chooseNetwork(context: Context, parameters: RunParameters): NetworkChoice {
  const asked = readInterface(parameters);
  const zone = requestedZone(context, parameters);
  const subnets = subnetsFor(context, asked.subnetId, zone);
  const vpcId = subnets[0]?.vpcId ?? "";
  const choice: NetworkChoice = {
    subnets,
    isNamed: zone !== null || asked.subnetId !== null,
    securityGroups: securityGroupsFor(context, vpcId, asked),
    privateIp: asked.privateIp,
    ipv6Count: asked.ipv6Count,
    wantsPublicIp: asked.wantsPublicIp,
    description: asked.description,
    deleteInterface: asked.deleteInterface,
  };
  requireAddress(context, choice, parameters.MaxCount);
  for (const subnet of subnets) requireIpv6(choice, subnet);
  return choice;
}

interface RequestedInterface {
  readonly subnetId: string | null;
  readonly groupIds: readonly string[];
  readonly groupNames: readonly string[];
  readonly privateIp: string | null;
  readonly ipv6Count: number | null;
  readonly wantsPublicIp: boolean | null;
  readonly description: string;
  readonly deleteInterface: boolean;
}

function readInterface(parameters: RunParameters): RequestedInterface {
  const [first, ...more] = parameters.NetworkInterface;
  const common = {
    subnetId: parameters.SubnetId,
    groupIds: parameters.SecurityGroupId,
    groupNames: parameters.SecurityGroup,
    privateIp: parameters.PrivateIpAddress,
    ipv6Count: parameters.Ipv6AddressCount,
    wantsPublicIp: null,
    description: "",
    deleteInterface: true,
  };
  if (first === undefined) return common;
  if (common.subnetId !== null || common.privateIp !== null)
    throw invalidCombination(
      "Network interfaces and an instance-level subnet ID may not be specified on the same request",
    );
  if (common.groupIds.length > 0 || common.groupNames.length > 0)
    throw invalidCombination(
      "Network interfaces and an instance-level security groups may not be specified on the same request",
    );
  if (first.DeviceIndex !== 0 || more.length > 0)
    throw new Ec2Failure(
      "UnsupportedOperation",
      "This fake creates machines with one network interface, of device index 0.",
    );
  return {
    subnetId: first.SubnetId,
    groupIds: first.SecurityGroupId,
    groupNames: [],
    privateIp: first.PrivateIpAddress,
    ipv6Count: first.Ipv6AddressCount,
    wantsPublicIp: first.AssociatePublicIpAddress,
    description: first.Description ?? "",
    deleteInterface: first.DeleteOnTermination ?? true,
  };
}

function requestedZone({ region }: Context, { Placement }: RunParameters): string | null {
  const name = Placement?.AvailabilityZone ?? null;
  const id = Placement?.AvailabilityZoneId ?? null;
  if (name !== null && id !== null)
    throw invalidCombination("Specify AvailabilityZone or AvailabilityZoneId, not both.");
  if (name === null && id === null) return null;
  const zone = region.zones.find((candidate) => candidate.name === name || candidate.id === id);
  if (zone === undefined) throw invalidValue(`Invalid availability zone: [${name ?? id}]`);
  return zone.name;
}

function subnetsFor(
  context: Context,
  subnetId: string | null,
  zone: string | null,
): readonly Subnet[] {
  const { region, account } = context;
  const standard = defaultNetwork(region, account);
  if (subnetId === null)
    return [...standard.subnets.values()].filter((subnet) => zone === null || subnet.zone === zone);
  const subnets = lookUp([subnetId], SUBNET_ID, (id) => {
    const subnet = region.subnets.get(id);
    return subnet !== undefined && maySeeSubnet(subnet, account) ? subnet : null;
  });
  const other = subnets.find((subnet) => zone !== null && subnet.zone !== zone);
  if (other !== undefined)
    throw invalidValue(
      `The specified subnet ${other.id} is in Availability Zone ${other.zone}, not in ${zone}.`,
    );
  return subnets;
}

function securityGroupsFor(
  { region, account }: Context,
  vpcId: string,
  asked: RequestedInterface,
): readonly SecurityGroup[] {
  const { groupIds, groupNames } = asked;
  const groups = [...region.securityGroups.values()].filter((group) => group.account === account);
  if (groupIds.length === 0 && groupNames.length === 0) {
    const standard = groups.filter((group) => group.vpcId === vpcId && group.name === "default");
    // In a shared subnet the default group belongs to the owner, and only the owner can use it.
    if (standard.length === 0)
      throw new Ec2Failure(
        "InvalidGroup.NotFound",
        `The security group 'default' does not exist in VPC '${vpcId}'`,
      );
    return standard;
  }
  if (groupNames.length > 0 && asked.subnetId !== null)
    throw invalidCombination("The parameter groupName cannot be used with the parameter subnet");
  requireWellFormed(groupIds, GROUP_ID);
  const byId = groupIds.map((id) => {
    const group = groups.find((candidate) => candidate.id === id);
    if (group === undefined)
      throw new Ec2Failure(
        "InvalidGroup.NotFound",
        `The security group '${id}' does not exist in VPC '${vpcId}'`,
      );
    if (group.vpcId !== vpcId)
      throw new Ec2Failure(
        "InvalidParameter",
        `Security group ${id} and subnet ${asked.subnetId ?? "of the default VPC"} belong to different networks.`,
      );
    return group;
  });
  const byName = groupNames.map((name) => {
    const group = groups.find((one) => one.name === name && one.vpcId === vpcId);
    if (group !== undefined) return group;
    throw new Ec2Failure(
      "InvalidGroup.NotFound",
      `The security group '${name}' does not exist in default VPC '${vpcId}'`,
    );
  });
  return [...byId, ...byName];
}

/** @throws Ec2Failure for addresses of a version that the subnet does not have. */
function requireIpv6(
  { privateIp, ipv6Count, wantsPublicIp }: Omit<NetworkChoice, "subnets">,
  { id, cidr, ipv6Cidr, assignIpv6 }: Subnet,
): void {
  if (ipv6Cidr === null && (ipv6Count ?? 0) > 0)
    throw invalidValue(`No IPv6 CIDR block is associated with the subnet ${id}`);
  if (cidr !== null) return;
  if (wantsPublicIp === true || privateIp !== null)
    throw invalidCombination(`IPv4 addresses cannot be assigned in the IPv6-only subnet ${id}.`);
  if ((ipv6Count ?? (assignIpv6 ? 1 : 0)) === 0)
    throw invalidCombination(`An instance in the IPv6-only subnet ${id} needs an IPv6 address.`);
}

function requireAddress({ region, now }: Context, choice: NetworkChoice, count: number): void {
  const { privateIp, subnets } = choice;
  const subnet = subnets[0];
  if (privateIp === null || subnet === undefined) return;
  if (count > 1)
    throw invalidCombination("A private IP address cannot be given to more than one instance.");
  if (!isUsableAddress(subnet.cidr, privateIp))
    throw invalidValue(`Address ${privateIp} does not fall within the subnet's address range`);
  if (isTaken(takenAddresses(region, subnet.id, now), privateIp))
    throw new Ec2Failure("InvalidIPAddress.InUse", `Address ${privateIp} is in use.`);
}
