import type { JsonObject } from "../../src/errors.ts";
import { timestamp } from "./lifecycle.ts";
import { fullLink, partialLink, regionLink } from "./links.ts";
import type { Network, Project, Subnetwork } from "./records.ts";
import { fingerprint } from "./render.ts";
import type { World } from "./world.ts";

export function networkLink(project: string, name: string): string {
  return partialLink(project, { kind: "global" }, "networks", name);
}

export function subnetworkLink(project: string, region: string, name: string): string {
  return partialLink(project, { kind: "region", name: region }, "subnetworks", name);
}

export function renderNetwork(project: Project, network: Network): JsonObject {
  const subnetworks = [...project.subnetworks.values()].filter(
    (one) => one.network === network.name,
  );
  const link = fullLink(networkLink(project.id, network.name));
  return {
    kind: "compute#network",
    id: network.id,
    creationTimestamp: timestamp(network.createdAt),
    name: network.name,
    selfLink: link,
    selfLinkWithId: fullLink(networkLink(project.id, network.id)),
    autoCreateSubnetworks: network.name === "default",
    subnetworks: subnetworks.map(({ region, name }) =>
      fullLink(subnetworkLink(project.id, region, name)),
    ),
    routingConfig: { routingMode: "REGIONAL" },
    networkFirewallPolicyEnforcementOrder: "AFTER_CLASSIC_FIREWALL",
  };
}

export function renderSubnetwork(project: string, subnetwork: Subnetwork): JsonObject {
  const { name, region, network, cidr, stackType = "IPV4_ONLY" } = subnetwork;
  return {
    kind: "compute#subnetwork",
    id: subnetwork.id,
    creationTimestamp: timestamp(subnetwork.createdAt),
    name,
    network: fullLink(networkLink(project, network)),
    ipCidrRange: cidr,
    gatewayAddress: addressIn(cidr, 1),
    region: fullLink(regionLink(project, region)),
    selfLink: fullLink(subnetworkLink(project, region, name)),
    privateIpGoogleAccess: false,
    fingerprint: fingerprint([subnetwork.id, cidr]),
    purpose: "PRIVATE",
    stackType,
  };
}

/** Google reserves the network address, the gateway, the second-to-last and the broadcast address. */
const RESERVED_FIRST = 2;
const RESERVED_LAST = 2;

/** The free addresses of a subnet: each call takes one, and returns null if the subnet is full. */
export function addressPool(
  { projects }: World,
  { link, cidr }: { readonly link: string; readonly cidr: string },
): () => string | null {
  const taken = new Set<string>();
  for (const { instances } of projects.values())
    for (const { networks } of instances.values())
      for (const { subnetwork, networkIp } of networks)
        if (subnetwork === link) taken.add(networkIp);
  const size = 2 ** (32 - Number(cidr.split("/")[1]));
  let offset = RESERVED_FIRST;
  return () => {
    for (; offset < size - RESERVED_LAST; offset += 1) {
      const address = addressIn(cidr, offset);
      if (taken.has(address)) continue;
      taken.add(address);
      return address;
    }
    return null;
  };
}

/** The address at this offset from the first one of the block. */
export function addressIn(cidr: string, offset: number): string {
  const base = (cidr.split("/", 1)[0] ?? "")
    .split(".")
    .reduce((sum, part) => sum * 256 + Number(part), 0);
  return [24, 16, 8, 0].map((shift) => Math.floor((base + offset) / 2 ** shift) % 256).join(".");
}
