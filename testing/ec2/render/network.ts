import type { NetworkInterface } from "../records.ts";
import type { Region } from "../world.ts";
import type { XmlFields, XmlValue } from "../xml.ts";
import { privateDnsName, publicDnsName } from "./names.ts";

export function groupSet(region: Region, ids: readonly string[]): XmlValue {
  return ids.map((groupId) => ({
    groupId,
    groupName: region.securityGroups.get(groupId)?.name ?? "",
  }));
}

/** The addresses of an interface, including the public one once it is assigned. */
export function interfaceAddresses(
  { instanceId, privateIp, ipv6, furtherIpv6, publicIp }: NetworkInterface,
  region: string,
  hasPublicIp: boolean,
): XmlFields {
  const association = !hasPublicIp
    ? null
    : { publicIp, publicDnsName: publicDnsName(region, publicIp), ipOwnerId: "amazon" };
  const addressesOfV6 = {
    ipv6AddressesSet: [...(ipv6 === null ? [] : [ipv6]), ...furtherIpv6].map((ipv6Address) => ({
      ipv6Address,
      isPrimaryIpv6: false,
    })),
  };
  if (privateIp === null) return { ...addressesOfV6, privateIpAddressesSet: [] };
  const names = {
    privateIpAddress: privateIp,
    privateDnsName: privateDnsName(region, { id: instanceId, privateIp }),
  };
  return {
    ...names,
    ...addressesOfV6,
    association,
    privateIpAddressesSet: [{ ...names, primary: true, association }],
  };
}
