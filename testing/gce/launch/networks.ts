import type { Context } from "../context.ts";
import { found } from "../context.ts";
import { invalidField } from "../failure.ts";
import { malformedLink, readLink } from "../links.ts";
import type { MachineType } from "../machine-types.ts";
import { addressIn, addressPool, networkLink, subnetworkLink } from "../networks.ts";
import { requirePermission } from "../permissions.ts";
import { regionOf } from "../places.ts";
import { requireProject } from "../projects.ts";
import type { AttachedNetwork, OperationError, Subnetwork } from "../records.ts";
import type { NetworkRequest } from "./request.ts";

/** A requested network interface, the same for each instance of a request. */
export interface NetworkPlan {
  readonly network: string;
  readonly subnetwork: { readonly link: string; readonly cidr: string };
  readonly fixedIp: string | null;
  readonly external: { readonly name: string; readonly networkTier: "PREMIUM" | "STANDARD" } | null;
  readonly nicType: string | null;
  readonly stackType: NonNullable<NetworkRequest["stackType"]>;
}

/** @throws GceFailure for networks that the zone's region does not have. */
export function planNetworks(
  context: Context,
  requests: readonly NetworkRequest[],
  { zone, machineType }: { readonly zone: string; readonly machineType: MachineType },
): readonly NetworkPlan[] {
  if (requests.length === 0)
    throw invalidField(
      "resource.networkInterfaces",
      "",
      "At least one network interface is required.",
    );
  const most = Math.max(2, Math.min(machineType.guestCpus, MOST_INTERFACES));
  if (requests.length > most)
    throw invalidField(
      "resource.networkInterfaces",
      "",
      `Too many network interfaces. The maximum number of network interfaces allowed for this machine type is ${most}.`,
    );
  const plans = requests.map((request, index) =>
    planNetwork(context, request, { zone, field: `resource.networkInterfaces[${index}]` }),
  );
  requireDistinct(plans);
  return plans;
}

const MOST_INTERFACES = 10;

/**
 * Further interfaces may share the first one's network, but no two may share a subnet or another network.
 * https://cloud.google.com/vpc/docs/multiple-interfaces-concepts
 */
function requireDistinct(plans: readonly NetworkPlan[]): void {
  const [first] = plans;
  for (const [index, { network, subnetwork }] of plans.entries()) {
    const before = plans.slice(0, index);
    const field = `resource.networkInterfaces[${index}]`;
    if (before.some((other) => other.subnetwork.link === subnetwork.link))
      throw invalidField(
        `${field}.subnetwork`,
        subnetwork.link,
        "Subnetworks must be distinct for NICs attached to a VM.",
      );
    if (network !== first?.network && before.some((other) => other.network === network))
      throw invalidField(
        `${field}.network`,
        network,
        "Networks must be distinct for NICs attached to a VM.",
      );
  }
}

interface InterfacePosition {
  readonly zone: string;
  readonly field: string;
}

function planNetwork(
  context: Context,
  request: NetworkRequest,
  where: InterfacePosition,
): NetworkPlan {
  const { project, subnetwork } = chooseSubnetwork(context, request, where);
  const link = subnetworkLink(project, subnetwork.region, subnetwork.name);
  requirePermission(
    { world: context.world, project: requireProject(context.world, project) },
    "compute.subnetworks.use",
    link,
  );
  const [access] = request.accessConfigs ?? [];
  const stackType = request.stackType ?? "IPV4_ONLY";
  const has = subnetwork.stackType ?? "IPV4_ONLY";
  if (has !== "IPV4_IPV6" && has !== stackType)
    throw invalidField(
      `${where.field}.stackType`,
      stackType,
      `The stack type of the network interface is not supported by the subnetwork, which has ${has}.`,
    );
  return {
    network: networkLink(project, subnetwork.network),
    subnetwork: { link, cidr: subnetwork.cidr },
    fixedIp: request.networkIP ?? null,
    external:
      access === undefined
        ? null
        : { name: access.name ?? "external-nat", networkTier: access.networkTier ?? "PREMIUM" },
    nicType: request.nicType ?? null,
    stackType,
  };
}

interface Choice {
  readonly project: string;
  readonly subnetwork: Subnetwork;
}

function chooseSubnetwork(
  context: Context,
  { subnetwork, network }: NetworkRequest,
  { zone, field }: InterfacePosition,
): Choice {
  const region = regionOf(zone) ?? "";
  const wanted = network === undefined ? null : readNetwork(context, network, `${field}.network`);
  if (subnetwork === undefined) {
    const { project, name } = wanted ?? { project: context.project, name: "default" };
    const own = [...project.subnetworks.values()].find(
      (one) => one.network === name && one.region === region,
    );
    if (own === undefined)
      throw invalidField(
        `${field}.network`,
        name,
        `The network has no subnetwork in region '${region}'.`,
      );
    return { project: project.id, subnetwork: own };
  }
  const read = readLink(subnetwork, `${field}.subnetwork`, context.project.id);
  const [scope, place, collection, name] = read.path;
  if (
    scope !== "regions" ||
    collection !== "subnetworks" ||
    place === undefined ||
    name === undefined
  )
    throw malformedLink(subnetwork, `${field}.subnetwork`);
  if (place !== region)
    throw invalidField(
      `${field}.subnetwork`,
      subnetwork,
      "The referenced subnetwork resource must be in the same region as the instance.",
    );
  const project = requireProject(context.world, read.project);
  const chosen = found(
    project.subnetworks.get(`${place}/${name}`),
    subnetworkLink(project.id, place, name),
  );
  if (wanted !== null && (wanted.project.id !== project.id || wanted.name !== chosen.network))
    throw invalidField(
      `${field}.subnetwork`,
      subnetwork,
      "The subnetwork is not of the network that is named.",
    );
  return { project: project.id, subnetwork: chosen };
}

function readNetwork(context: Context, text: string, field: string) {
  const read = readLink(text, field, context.project.id);
  const [scope, collection, name] = read.path;
  if (scope !== "global" || collection !== "networks" || name === undefined)
    throw malformedLink(text, field);
  const project = requireProject(context.world, read.project);
  return { project, name: found(project.networks.get(name), networkLink(project.id, name)).name };
}

/** The remaining addresses of each subnet while one request is processed, by the subnet's link. */
export type AddressPools = Map<string, () => string | null>;

function takeAddress(
  { world }: Context,
  subnetwork: NetworkPlan["subnetwork"],
  pools: AddressPools,
): string | null {
  const pool = pools.get(subnetwork.link) ?? addressPool(world, subnetwork);
  pools.set(subnetwork.link, pool);
  return pool();
}

/** Addresses for one instance, or the error of a subnet without free addresses. */
export function attachNetworks(
  context: Context,
  plans: readonly NetworkPlan[],
  pools: AddressPools,
): readonly AttachedNetwork[] | OperationError {
  const attached: AttachedNetwork[] = [];
  for (const { network, subnetwork, fixedIp, external, nicType, stackType } of plans) {
    const networkIp = fixedIp ?? takeAddress(context, subnetwork, pools);
    if (networkIp === null) return ipSpaceExhausted(subnetwork.link);
    attached.push({
      network,
      subnetwork: subnetwork.link,
      networkIp,
      external: external === null ? null : { ...external, natIp: externalAddress(context) },
      nicType,
      ...(stackType === "IPV4_ONLY" ? {} : { stackType }),
    });
  }
  return attached;
}

/** An address from a block for documentation and tests (RFC 5737, RFC 2544), which is never routed. */
function externalAddress({ world }: Context): string {
  world.nextId += 1;
  return addressIn("198.18.0.0/15", world.nextId % 131_072);
}

function ipSpaceExhausted(link: string): OperationError {
  return {
    code: "IP_SPACE_EXHAUSTED",
    message: `IP space of '${link}' is exhausted.`,
    location: null,
    httpStatus: 400,
    quota: null,
  };
}
