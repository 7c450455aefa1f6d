import { instanceState, stateFields, timestamp } from "../lifecycle.ts";
import type { Instance, InstanceState } from "../records.ts";
import { type InstanceType, threadsPerCore } from "../instance-types.ts";
import { tagSet } from "../tags.ts";
import type { Region } from "../world.ts";
import { type SerializedXml, type XmlFields, type XmlValue, serializeXml } from "../xml.ts";
import { attachedTo } from "../attached.ts";
import { privateDnsName, publicDnsName } from "./names.ts";
import { groupSet, interfaceAddresses } from "./network.ts";

export interface InstanceView {
  readonly region: Region;
  readonly types: ReadonlyMap<string, InstanceType>;
  /** The time as of which it is rendered. */
  readonly at: number;
}

/** An instance as DescribeInstances and RunInstances return it. Members that its state does not have are absent. */
function instanceFields(instance: Instance, view: InstanceView): XmlFields {
  const { region } = view;
  const state = instanceState(instance, view.at) ?? "pending";
  const isEnded = state === "terminated";
  const hasPublicIp = state === "running" && instance.publicIp !== null;
  const zoneId = region.zones.find(({ name }) => name === instance.zone)?.id;
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: stateFields(state),
    privateDnsName: isEnded ? "" : privateDnsName(region.name, instance),
    dnsName: hasPublicIp ? publicDnsName(region.name, instance.publicIp) : "",
    reason:
      instance.stateReason === null ? "" : `User initiated (${timestamp(reasonTime(instance))})`,
    keyName: instance.keyName,
    amiLaunchIndex: instance.launchIndex,
    productCodes: [],
    instanceType: instance.instanceType,
    launchTime: timestamp(instance.launchTime),
    placement: {
      availabilityZone: instance.zone,
      availabilityZoneId: zoneId,
      groupName: "",
      tenancy: instance.tenancy,
      hostId: instance.hostId,
    },
    monitoring: { state: instance.monitoring ? "enabled" : "disabled" },
    ...(isEnded
      ? {}
      : networkFields(instance, region, { hasPublicIp, isPending: state === "pending" })),
    stateReason: state === "pending" ? null : instance.stateReason,
    architecture: instance.architecture,
    rootDeviceType: "ebs",
    rootDeviceName: instance.rootDeviceName,
    blockDeviceMapping: state === "pending" || isEnded ? [] : blockDevices(instance, region),
    virtualizationType: "hvm",
    instanceLifecycle: instance.market === "spot" ? "spot" : null,
    spotInstanceRequestId: instance.spotRequestId,
    clientToken: instance.clientToken ?? "",
    tagSet: tagSet(instance.tags),
    hypervisor: "xen",
    iamInstanceProfile:
      instance.profile === null ? null : profileFields(instance, instance.profile),
    ebsOptimized: instance.ebsOptimized,
    enaSupport: true,
    cpuOptions: cpuOptions(instance, view.types.get(instance.instanceType)),
    capacityReservationId: instance.capacityReservationId,
    capacityReservationSpecification: reservationFields(instance),
    hibernationOptions: { configured: instance.hibernation },
    metadataOptions: metadataFields(instance, state),
    enclaveOptions: { enabled: false },
    bootMode: instance.bootMode,
    platformDetails: "Linux/UNIX",
    usageOperation: "RunInstances",
    usageOperationUpdateTime: timestamp(instance.launchTime),
    maintenanceOptions: { autoRecovery: instance.autoRecovery },
  };
}

function networkFields(
  instance: Instance,
  region: Region,
  { hasPublicIp, isPending }: { readonly hasPublicIp: boolean; readonly isPending: boolean },
): XmlFields {
  return {
    subnetId: instance.subnetId,
    vpcId: instance.vpcId,
    privateIpAddress: instance.privateIp,
    ipv6Address: instance.ipv6,
    ipAddress: hasPublicIp ? instance.publicIp : null,
    sourceDestCheck: true,
    groupSet: groupSet(region, instance.securityGroupIds),
    networkInterfaceSet: attachedTo(region.interfaces, instance.id).map((one) => ({
      networkInterfaceId: one.id,
      subnetId: one.subnetId,
      vpcId: one.vpcId,
      description: one.description,
      ownerId: one.account,
      status: "in-use",
      macAddress: one.macAddress,
      ...interfaceAddresses(one, region.name, hasPublicIp),
      sourceDestCheck: true,
      groupSet: groupSet(region, one.securityGroupIds),
      attachment: {
        attachmentId: one.attachmentId,
        deviceIndex: one.deviceIndex,
        status: isPending ? "attaching" : "attached",
        attachTime: timestamp(one.attachedAt),
        deleteOnTermination: one.deleteOnTermination,
        networkCardIndex: 0,
      },
      interfaceType: "interface",
    })),
  };
}

function blockDevices(instance: Instance, region: Region): XmlValue {
  return attachedTo(region.volumes, instance.id).map((volume) => ({
    deviceName: volume.device,
    ebs: {
      volumeId: volume.id,
      status: "attached",
      attachTime: timestamp(volume.createdAt),
      deleteOnTermination: volume.deleteOnTermination,
    },
  }));
}

function profileFields(instance: Instance, profile: string): XmlFields {
  const arn = profile.startsWith("arn:")
    ? profile
    : `arn:aws:iam::${instance.account}:instance-profile/${profile}`;
  return { arn, id: "AIPAFAKE0000000000000" };
}

function cpuOptions({ amdSevSnp }: Instance, type: InstanceType | undefined): XmlFields | null {
  if (type === undefined) return null;
  const threads = threadsPerCore(type);
  return {
    coreCount: type.vcpus / threads,
    threadsPerCore: threads,
    // EC2 shows it only of types that have it.
    amdSevSnp: type.hasSevSnp === true ? amdSevSnp : null,
  };
}

function reservationFields({ capacityReservation }: Instance): XmlFields {
  const { preference, id, groupArn } = capacityReservation;
  const isTargeted = id !== null || groupArn !== null;
  return {
    capacityReservationPreference: preference,
    capacityReservationTarget: isTargeted
      ? { capacityReservationId: id, capacityReservationResourceGroupArn: groupArn }
      : null,
  };
}

function metadataFields({ metadataOptions }: Instance, state: InstanceState): XmlFields {
  return {
    state: state === "pending" ? "pending" : "applied",
    httpTokens: metadataOptions.httpTokens,
    httpPutResponseHopLimit: metadataOptions.hopLimit,
    httpEndpoint: metadataOptions.httpEndpoint,
    httpProtocolIpv6: metadataOptions.httpProtocolIpv6,
    instanceMetadataTags: metadataOptions.instanceTags,
  };
}

function reasonTime(instance: Instance): number {
  return instance.history.at(-2)?.at ?? instance.launchTime;
}

interface CachedXml {
  readonly state: InstanceState | null;
  readonly tags: Instance["tags"];
  readonly history: Instance["history"];
  readonly xml: SerializedXml;
}

/** The last serialization of each instance. An instance's tags and history are replaced, never mutated. */
const XML_CACHE = new WeakMap<Instance, CachedXml>();

/** {@link instanceFields} serialized, and cached until the instance changes: there are many reads and few changes. */
function cachedInstanceXml(instance: Instance, view: InstanceView): SerializedXml {
  const state = instanceState(instance, view.at);
  const { tags, history } = instance;
  const last = XML_CACHE.get(instance);
  if (last?.state === state && last.tags === tags && last.history === history) return last.xml;
  const xml = serializeXml(instanceFields(instance, view));
  XML_CACHE.set(instance, { state, tags, history, xml });
  return xml;
}

/** The instances grouped into reservations, as DescribeInstances lists them. */
export function reservationSet(
  instances: readonly Instance[],
  view: InstanceView,
): readonly XmlFields[] {
  return [...Map.groupBy(instances, ({ reservationId }) => reservationId)].map(
    ([reservationId, members]) => ({
      reservationId,
      ownerId: members[0]?.account,
      groupSet: [],
      instancesSet: members.map((instance) => cachedInstanceXml(instance, view)),
    }),
  );
}
