import type { InstanceTypeInfo, Subnet } from "@aws-sdk/client-ec2";
import type { AwsTarget } from "../../../src/plan/plan.ts";
import type { PlaceRefusal } from "./place-refusal.ts";

/** The checks of places that the placement's options cause. */
export const OPTION_CHECKS = {
  subnetIpv6: "subnets.ipv6",
  typeIpv6: "machine-type.ipv6-addresses",
  typeTenancy: "machine-type.tenancy",
} as const;

/** Why a machine with the placement's options cannot be in the subnet. */
export function optionSubnetRefusals(
  subnet: Subnet,
  { ipv6AddressCount: count }: Pick<AwsTarget, "ipv6AddressCount">,
): readonly PlaceRefusal[] {
  const { SubnetId = "", Ipv6Native } = subnet;
  const refusal = (why: string): readonly PlaceRefusal[] => [
    { check: OPTION_CHECKS.subnetIpv6, reason: "IPV6_UNSUPPORTED", why },
  ];
  if (count === 0 && Ipv6Native === true)
    return refusal(`${SubnetId} is IPv6-only, but the placement has ipv6_address_count: 0`);
  if (count === undefined || count === 0 || hasIpv6Block(subnet)) return [];
  return refusal(
    `${SubnetId} has no IPv6 block, but the placement has ipv6_address_count: ${count}`,
  );
}

/** Why a machine of the type cannot have the placement's options. */
export function optionTypeRefusals(
  name: string,
  info: InstanceTypeInfo,
  { ipv6AddressCount: count = 0, tenancy }: Pick<AwsTarget, "ipv6AddressCount" | "tenancy">,
): readonly PlaceRefusal[] {
  const { DedicatedHostsSupported, NetworkInfo } = info;
  const refusals: PlaceRefusal[] = [];
  const most =
    NetworkInfo?.Ipv6Supported === false ? 0 : (NetworkInfo?.Ipv6AddressesPerInterface ?? count);
  if (count > most)
    refusals.push({
      check: OPTION_CHECKS.typeIpv6,
      reason: "IPV6_UNSUPPORTED",
      why: `a network interface of ${name} has at most ${most} IPv6 addresses, but the placement has ipv6_address_count: ${count}`,
    });
  // EC2 does not describe which types may have the tenancy `dedicated`: its dry run decides.
  if (tenancy === "host" && DedicatedHostsSupported === false)
    refusals.push({
      check: OPTION_CHECKS.typeTenancy,
      reason: "NOT_OFFERED_HERE",
      why: `${name} does not run on Dedicated Hosts, but the placement has tenancy: host`,
    });
  return refusals;
}

/** A block that is being removed, or that could not be added, is listed as well. */
function hasIpv6Block({ Ipv6CidrBlockAssociationSet: blocks }: Subnet): boolean {
  return (blocks ?? []).some(
    ({ Ipv6CidrBlockState }) => (Ipv6CidrBlockState?.State ?? "associated") === "associated",
  );
}
