import type { Context } from "../action.ts";
import type { Image, Instance, NetworkInterface, Subnet, Tags, Volume } from "../records.ts";
import { newDigits, newId } from "../world.ts";
import type { DevicePlan } from "./block-devices.ts";
import type { NetworkChoice } from "./network-choice.ts";
import type { RunParameters } from "./shape.ts";
import { tenancyOf } from "./tenancy.ts";

/** Everything that is decided before a machine is created. */
export interface LaunchDecision {
  readonly parameters: RunParameters;
  readonly image: Image;
  readonly devices: readonly DevicePlan[];
  readonly network: NetworkChoice;
  readonly subnet: Subnet;
  /** The Dedicated Host; null for another tenancy. */
  readonly hostId: string | null;
  /** The capacity reservation that the machines use; null for other capacity. */
  readonly reservationId: string | null;
  readonly profile: string | null;
  readonly tagsOf: (resourceType: string) => Tags;
  /** Why EC2 cannot create the volumes, so that the machines end right after the launch; null if it can. */
  readonly volumeFailure: StateReason | null;
}

type StateReason = NonNullable<Instance["stateReason"]>;

/** Creates one machine per IPv4 address (null in an IPv6-only subnet), in the order of launch indexes, each with its volumes and its interface. */
export function makeInstances(
  context: Context,
  decision: LaunchDecision,
  addresses: readonly (string | null)[],
): readonly Instance[] {
  const reservationId = newId(context.world, "r");
  return addresses.map((privateIp, launchIndex) => {
    const instance = makeInstance(context, decision, { reservationId, launchIndex, privateIp });
    const { region } = context;
    region.instances.set(instance.id, instance);
    for (const device of decision.volumeFailure === null ? decision.devices : []) {
      const volume = makeVolume(context, decision, instance, device);
      region.volumes.set(volume.id, volume);
    }
    const networkInterface = makeInterface(context, decision, instance);
    region.interfaces.set(networkInterface.id, networkInterface);
    return instance;
  });
}

interface Member {
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly privateIp: string | null;
}

function makeInstance(context: Context, decision: LaunchDecision, member: Member): Instance {
  const { world, account, now, timing } = context;
  const { parameters, image, network, subnet } = decision;
  const metadata = parameters.MetadataOptions;
  const reserved = parameters.CapacityReservationSpecification;
  const reservationTarget = reserved?.CapacityReservationTarget ?? null;
  const isSpot = parameters.InstanceMarketOptions?.MarketType === "spot";
  return {
    id: newId(world, "i"),
    account,
    ...member,
    imageId: image.id,
    instanceType: parameters.InstanceType,
    architecture: image.architecture,
    zone: subnet.zone,
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    securityGroupIds: network.securityGroups.map(({ id }) => id),
    ipv6: ipv6Address(context, network, subnet),
    publicIp: (network.wantsPublicIp ?? subnet.mapPublicIp) ? publicAddress(context) : null,
    keyName: parameters.KeyName,
    profile: decision.profile,
    userData: parameters.UserData,
    clientToken: parameters.ClientToken,
    market: isSpot ? "spot" : "on-demand",
    maxPrice: isSpot ? (parameters.InstanceMarketOptions?.SpotOptions?.MaxPrice ?? null) : null,
    spotRequestId: isSpot ? `sir-${newDigits(world, 8)}` : null,
    metadataOptions: {
      httpTokens: metadata?.HttpTokens ?? (image.imdsSupport === "v2.0" ? "required" : "optional"),
      httpEndpoint: metadata?.HttpEndpoint ?? "enabled",
      hopLimit: metadata?.HttpPutResponseHopLimit ?? (image.imdsSupport === "v2.0" ? 2 : 1),
      instanceTags: metadata?.InstanceMetadataTags ?? "disabled",
      httpProtocolIpv6: metadata?.HttpProtocolIpv6 ?? "disabled",
    },
    monitoring: parameters.Monitoring?.Enabled ?? false,
    ebsOptimized: parameters.EbsOptimized ?? false,
    hibernation: parameters.HibernationOptions?.Configured ?? false,
    terminationProtection: parameters.DisableApiTermination ?? false,
    shutdownBehavior: parameters.InstanceInitiatedShutdownBehavior ?? "stop",
    capacityReservation: {
      // "When CapacityReservationPreference is not specified, it defaults to open", without a target.
      preference:
        reserved?.CapacityReservationPreference ?? (reservationTarget === null ? "open" : null),
      id: reservationTarget?.CapacityReservationId ?? null,
      groupArn: reservationTarget?.CapacityReservationResourceGroupArn ?? null,
    },
    capacityReservationId: decision.reservationId,
    amdSevSnp: parameters.CpuOptions?.AmdSevSnp ?? "disabled",
    autoRecovery: parameters.MaintenanceOptions?.AutoRecovery ?? "default",
    tenancy: tenancyOf(context, parameters, subnet),
    hostId: decision.hostId,
    rootDeviceName: image.rootDeviceName,
    bootMode: image.bootMode,
    tags: decision.tagsOf("instance"),
    launchTime: now,
    history: [
      { at: now, state: "pending" },
      {
        at: now + timing.pendingMs,
        state: decision.volumeFailure === null ? "running" : "terminated",
      },
    ],
    stateReason: decision.volumeFailure,
    console: null,
  };
}

/** The ARN of a key as a request names it; default: the account's own key for EBS. */
function keyArn({ region, account }: Context, key: string | null): string {
  const named = key ?? "alias/aws/ebs";
  if (named.startsWith("arn:")) return named;
  const resource = /^(?:alias|key)\//.test(named) ? named : `key/${named}`;
  return `arn:aws:kms:${region.name}:${account}:${resource}`;
}

function makeVolume(
  context: Context,
  { tagsOf }: LaunchDecision,
  instance: Instance,
  plan: DevicePlan,
): Volume {
  const { world, account, now } = context;
  return {
    id: newId(world, "vol"),
    account,
    zone: instance.zone,
    ...plan,
    kmsKeyId: plan.encrypted ? keyArn(context, plan.kmsKeyId) : null,
    createdAt: now,
    instanceId: instance.id,
    tags: tagsOf("volume"),
  };
}

function makeInterface(
  context: Context,
  { network, subnet, tagsOf }: LaunchDecision,
  instance: Instance,
): NetworkInterface {
  const { world, account, now } = context;
  const pairs = newDigits(world, 10).match(/../g) ?? [];
  return {
    id: newId(world, "eni"),
    account,
    zone: instance.zone,
    subnetId: instance.subnetId,
    vpcId: instance.vpcId,
    privateIp: instance.privateIp,
    ipv6: instance.ipv6,
    furtherIpv6: Array.from({ length: (network.ipv6Count ?? 1) - 1 }, () =>
      ipv6Address(context, network, subnet),
    ).filter((address) => address !== null),
    publicIp: instance.publicIp,
    macAddress: ["02", ...pairs].join(":"),
    description: network.description,
    securityGroupIds: instance.securityGroupIds,
    instanceId: instance.id,
    attachmentId: newId(world, "eni-attach"),
    attachedAt: now,
    deviceIndex: 0,
    deleteOnTermination: network.deleteInterface,
    tags: tagsOf("network-interface"),
  };
}

/** An address of a documentation block (RFC 5737), which is never routed. */
function publicAddress({ world }: Context): string {
  return `203.0.113.${Number.parseInt(newDigits(world, 2), 16)}`;
}

/** An address of the subnet's /64 block, or null if the launch gets none. */
function ipv6Address(
  { world }: Context,
  { ipv6Count }: NetworkChoice,
  { ipv6Cidr, assignIpv6 }: Subnet,
): string | null {
  if (ipv6Cidr === null || (ipv6Count ?? (assignIpv6 ? 1 : 0)) === 0) return null;
  const groups = newDigits(world, 16).match(/.{4}/g) ?? [];
  return ipv6Cidr.replace(/::\/64$/, `:${groups.join(":")}`);
}
