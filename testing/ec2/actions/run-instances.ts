import { type Context, mutation } from "../action.ts";
import { Ec2Failure, invalidValue } from "../failure.ts";
import {
  requirePrice,
  requireProfile,
  requireSpotPrice,
  requireSpotRole,
  requireSubscription,
} from "../launch/agreements.ts";
import { planDevices } from "../launch/block-devices.ts";
import { requireReservation, reservationFor } from "../capacity-reservations.ts";
import { freeCapacity, insufficientCapacity, requireQuota } from "../launch/capacity.ts";
import {
  type TokenUse,
  fingerprintOf,
  recordToken,
  replay,
  requireToken,
} from "../launch/client-token.ts";
import { type LaunchDecision, makeInstances } from "../launch/make.ts";
import { type NetworkChoice, chooseNetwork, requireGroupQuota } from "../launch/network-choice.ts";
import {
  fittingType,
  launchableImage,
  profileOf,
  requireAddressLimit,
  requireCounts,
  requireNitro,
  requireOffering,
  requireSevSnp,
  requireUserData,
} from "../launch/request.ts";
import { failureOfVolumes, requireAttachments } from "../launch/volume-failures.ts";
import { RUN_INSTANCES, type RunParameters } from "../launch/shape.ts";
import { requireTenancy, roomOnHost } from "../launch/tenancy.ts";
import type { InstanceType } from "../instance-types.ts";
import { freeAddresses, takenAddresses } from "../network.ts";
import { isOffered } from "../offerings.ts";
import type { Instance, Market, Pool, Subnet } from "../records.ts";
import { reservationSet } from "../render/instance.ts";
import { requireKeyPair } from "../key-pairs.ts";
import { requireMetadataKeys, tagsAtCreation } from "../tags.ts";
import type { XmlFields } from "../xml.ts";

const TAGGABLE = ["instance", "volume", "network-interface", "spot-instances-request"];

/** Launches machines: first the validation, which a dry run shares, then capacity and the machines themselves. */
export const runInstances = mutation(RUN_INSTANCES, {
  name: "RunInstances",
  alsoNeeds: ({ TagSpecification, IamInstanceProfile }) => [
    ...(TagSpecification.length > 0 ? ["ec2:CreateTags"] : []),
    ...(IamInstanceProfile === null ? [] : ["iam:PassRole"]),
  ],
  prepare(context, parameters) {
    requireCounts(parameters);
    const network = chooseNetwork(context, parameters);
    const use = tokenUse(parameters, network);
    const launched = use === null ? null : replay(context, use);
    if (launched !== null) return () => reply(context, launched);
    const { type, ...decision } = decide(context, parameters, network);
    return () => {
      const instances = launch(context, type, decision);
      if (use !== null) recordToken(context, use, instances);
      return reply(context, instances);
    };
  },
});

type LaunchWithoutSubnet = Omit<
  LaunchDecision,
  "hostId" | "reservationId" | "subnet" | "volumeFailure"
>;

function decide(
  context: Context,
  parameters: RunParameters,
  network: NetworkChoice,
): LaunchWithoutSubnet & { readonly type: InstanceType } {
  const image = launchableImage(context, parameters.ImageId);
  requireSubscription(context, image);
  const type = fittingType(context, parameters.InstanceType, image);
  requireNitro(type, parameters, network.subnets);
  requireAddressLimit(type, network.ipv6Count);
  requireTenancy(context, parameters, { type, subnets: network.subnets });
  requireSevSnp(type, image, parameters);
  const zones = network.subnets.map(({ zone }) => zone);
  requireOffering(context, type.name, zones);
  const devices = planDevices(image, parameters.BlockDeviceMapping);
  requireAttachments(type, devices);
  requireUserData(parameters.UserData);
  requireMetadataOptions(parameters);
  requireReservation(context, parameters.CapacityReservationSpecification);
  requirePrice(parameters.InstanceMarketOptions?.SpotOptions?.MaxPrice ?? null);
  if (parameters.KeyName !== null)
    requireKeyPair(context.region, { account: context.account, name: parameters.KeyName });
  const profile = profileOf(parameters);
  requireProfile(context, profile);
  const tagsOf = tagsAtCreation(parameters.TagSpecification, TAGGABLE);
  if (parameters.MetadataOptions?.InstanceMetadataTags === "enabled")
    requireMetadataKeys(tagsOf("instance"));
  return { parameters, image, type, devices, network, profile, tagsOf };
}

function requireMetadataOptions({ MetadataOptions }: RunParameters): void {
  const hops = MetadataOptions?.HttpPutResponseHopLimit ?? 1;
  if (hops < 1 || hops > 64)
    throw invalidValue(
      `Value (${hops}) for parameter HttpPutResponseHopLimit is invalid. Expecting 1 to 64.`,
    );
}

function tokenUse(parameters: RunParameters, network: NetworkChoice): TokenUse | null {
  const token = parameters.ClientToken;
  if (token === null || token === "") return null;
  requireToken(token);
  return {
    token,
    zone: network.isNamed ? (network.subnets[0]?.zone ?? null) : null,
    fingerprint: fingerprintOf(parameters),
  };
}

function launch(
  context: Context,
  type: InstanceType,
  decision: LaunchWithoutSubnet,
): readonly Instance[] {
  const { parameters, network } = decision;
  const { MinCount, MaxCount } = parameters;
  const market = parameters.InstanceMarketOptions?.MarketType === "spot" ? "spot" : "on-demand";
  if (market === "spot") requireSpotRole(context);
  requireGroupQuota(network);
  // People report of on-demand quotas that EC2 launches as many machines as fit, as it documents for its capacity:
  // https://github.com/ITISFoundation/osparc-simcore/pull/5408
  const least = market === "spot" ? MaxCount : MinCount;
  const inQuota = requireQuota(context, type, { market, count: least });
  const subnet = subnetWithMostRoom(context, decision, market);
  if (market === "spot")
    requireSpotPrice(context, {
      instanceType: type.name,
      zone: subnet.zone,
      maxPrice: parameters.InstanceMarketOptions?.SpotOptions?.MaxPrice ?? null,
    });
  const offering: Pick<Pool, "instanceType" | "market" | "zone"> = {
    instanceType: type.name,
    zone: subnet.zone,
    market,
  };
  const reservation = reservationFor(context, parameters.CapacityReservationSpecification, {
    ...offering,
    least: MinCount,
    most: MaxCount,
  });
  const free = reservation === null ? freeCapacity(context, offering) : reservation.free;
  if (free < MinCount) {
    const others = context.region.zones
      .map(({ name }) => name)
      .filter(
        (zone) => freeCapacity(context, { instanceType: type.name, zone, market }) >= MinCount,
      );
    throw insufficientCapacity(type.name, network.isNamed ? subnet.zone : null, others);
  }
  const onHost = roomOnHost(context, parameters, subnet.zone);
  const count = Math.min(free, inQuota, onHost?.free ?? Infinity, MaxCount);
  const addresses = addressesFor(context, network, subnet, count);
  if (addresses.length < MinCount)
    throw new Ec2Failure(
      "InsufficientFreeAddressesInSubnet",
      "The specified subnet does not have enough free addresses to satisfy the request.",
    );
  context.limiter.takeResources("RunInstances", addresses.length);
  const volumeFailure = failureOfVolumes(context, decision.devices, addresses.length);
  return makeInstances(
    context,
    {
      ...decision,
      subnet,
      hostId: onHost?.host.id ?? null,
      reservationId: reservation?.id ?? null,
      volumeFailure,
    },
    addresses,
  );
}

/** The first subnet with room for the whole launch, or else the subnet with the most room. */
function subnetWithMostRoom(
  context: Context,
  { parameters, network }: LaunchWithoutSubnet,
  market: Market,
): Subnet {
  const { InstanceType: instanceType, MaxCount } = parameters;
  const offered = network.subnets.filter(({ zone }) =>
    isOffered(context.region, instanceType, zone),
  );
  const [only] = offered;
  if (only !== undefined && offered.length === 1) return only;
  const rooms = offered.map((subnet) => {
    const machines = freeCapacity(context, { instanceType, zone: subnet.zone, market });
    const addresses = addressesFor(context, network, subnet, MaxCount).length;
    return { subnet, room: Math.min(machines, addresses, MaxCount) };
  });
  const [first, ...others] = rooms;
  if (first === undefined) throw insufficientCapacity(instanceType, null, []);
  return others.reduce((best, other) => (other.room > best.room ? other : best), first).subnet;
}

function addressesFor(
  { region, now }: Context,
  { privateIp }: NetworkChoice,
  subnet: Subnet,
  count: number,
): readonly (string | null)[] {
  if (privateIp !== null) return [privateIp];
  // A /64 block has more IPv6 addresses than any launch needs.
  if (subnet.cidr === null) return Array.from({ length: count }, () => null);
  return freeAddresses(subnet.cidr, takenAddresses(region, subnet.id, now), count);
}

/** The members are ordered by id, which carries no meaning: the launch index identifies a member. */
function reply(context: Context, instances: readonly Instance[]): XmlFields {
  const view = { region: context.region, types: context.types, at: context.now };
  const [reservation] = reservationSet(
    instances.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    view,
  );
  return reservation ?? {};
}
