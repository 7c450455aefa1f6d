import { type Context, reading } from "../action.ts";
import { type FilterTable, applyFilters, tagFilters } from "../filters.ts";
import { INTERFACE_ID, VOLUME_ID, lookUp } from "../ids.ts";
import { instanceState, isAlive, timestamp } from "../lifecycle.ts";
import { page, refusePagingOfIds } from "../paging.ts";
import { FILTERS, PAGING, list, text } from "../parameters.ts";
import type { NetworkInterface, Volume } from "../records.ts";
import { groupSet, interfaceAddresses } from "../render/network.ts";
import { tagSet } from "../tags.ts";
import type { XmlFields } from "../xml.ts";

type Attached = NetworkInterface | Volume;

/** True while the record is visible: not before its machine, and usually deleted with it. */
export function isVisibleRecord({ region, account, seenAt }: Context, record: Attached): boolean {
  const instance = region.instances.get(record.instanceId);
  if (record.account !== account || instance === undefined) return false;
  if (instanceState(instance, seenAt) === null) return false;
  return !record.deleteOnTermination || isAlive(instance, seenAt);
}

/** True while the machine is alive; a record that outlives its machine is detached. */
export function isAttached({ region, seenAt }: Context, record: Attached): boolean {
  const instance = region.instances.get(record.instanceId);
  return instance !== undefined && isAlive(instance, seenAt);
}

export const describeVolumes = reading(
  { Filter: FILTERS, VolumeId: list(text), ...PAGING },
  {
    name: "DescribeVolumes",
    read(context, parameters) {
      const { region } = context;
      const { VolumeId: ids, Filter } = parameters;
      refusePagingOfIds(ids, parameters, "volumeIds");
      const there = [...region.volumes.values()].filter((volume) =>
        isVisibleRecord(context, volume),
      );
      const byId = new Map(there.map((volume) => [volume.id, volume]));
      const all = ids.length > 0 ? lookUp(ids, VOLUME_ID, (id) => byId.get(id) ?? null) : there;
      const found = applyFilters(all, Filter, volumeFilters(context));
      const shown = page(found, ({ id }) => id, parameters, {
        query: ["DescribeVolumes", context.account, region.name, JSON.stringify(Filter)],
        minimum: 5,
        maximum: 1000,
      });
      return {
        volumeSet: shown.records.map((volume) => volumeFields(context, volume)),
        nextToken: shown.nextToken,
      };
    },
  },
);

function volumeFilters(context: Context): FilterTable<Volume> {
  return {
    ...tagFilters<Volume>(),
    "attachment.delete-on-termination": (one) => one.deleteOnTermination,
    "attachment.device": (one) => (isAttached(context, one) ? one.device : null),
    "attachment.instance-id": (one) => (isAttached(context, one) ? one.instanceId : null),
    "availability-zone": (one) => one.zone,
    encrypted: (one) => one.encrypted,
    size: (one) => one.sizeGib,
    "snapshot-id": (one) => one.snapshotId,
    status: (one) => (isAttached(context, one) ? "in-use" : "available"),
    "volume-id": (one) => one.id,
    "volume-type": (one) => one.type,
  };
}

function volumeFields(context: Context, volume: Volume): XmlFields {
  const attached = isAttached(context, volume);
  return {
    volumeId: volume.id,
    size: volume.sizeGib,
    snapshotId: volume.snapshotId ?? "",
    availabilityZone: volume.zone,
    status: attached ? "in-use" : "available",
    createTime: timestamp(volume.createdAt),
    attachmentSet: !attached
      ? []
      : [
          {
            volumeId: volume.id,
            instanceId: volume.instanceId,
            device: volume.device,
            status: "attached",
            attachTime: timestamp(volume.createdAt),
            deleteOnTermination: volume.deleteOnTermination,
          },
        ],
    volumeType: volume.type,
    iops: volume.iops,
    throughput: volume.throughput,
    encrypted: volume.encrypted,
    kmsKeyId: volume.kmsKeyId,
    multiAttachEnabled: false,
    tagSet: tagSet(volume.tags),
  };
}

export const describeNetworkInterfaces = reading(
  { Filter: FILTERS, NetworkInterfaceId: list(text), ...PAGING },
  {
    name: "DescribeNetworkInterfaces",
    read(context, parameters) {
      const { region } = context;
      const { NetworkInterfaceId: ids, Filter } = parameters;
      refusePagingOfIds(ids, parameters, "networkInterfaceIds");
      const there = [...region.interfaces.values()].filter((one) => isVisibleRecord(context, one));
      const byId = new Map(there.map((one) => [one.id, one]));
      const all = ids.length > 0 ? lookUp(ids, INTERFACE_ID, (id) => byId.get(id) ?? null) : there;
      const found = applyFilters(all, Filter, interfaceFilters(context));
      const shown = page(found, ({ id }) => id, parameters, {
        query: ["DescribeNetworkInterfaces", context.account, region.name, JSON.stringify(Filter)],
        minimum: 5,
        maximum: 1000,
      });
      return {
        networkInterfaceSet: shown.records.map((one) => interfaceFields(context, one)),
        nextToken: shown.nextToken,
      };
    },
  },
);

function interfaceFilters(context: Context): FilterTable<NetworkInterface> {
  return {
    ...tagFilters<NetworkInterface>(),
    "attachment.instance-id": (one) => (isAttached(context, one) ? one.instanceId : null),
    "availability-zone": (one) => one.zone,
    "group-id": (one) => one.securityGroupIds,
    "network-interface-id": (one) => one.id,
    "owner-id": (one) => one.account,
    "private-ip-address": (one) => one.privateIp,
    status: (one) => (isAttached(context, one) ? "in-use" : "available"),
    "subnet-id": (one) => one.subnetId,
    "vpc-id": (one) => one.vpcId,
  };
}

function interfaceFields(context: Context, one: NetworkInterface): XmlFields {
  const { region } = context;
  const attached = isAttached(context, one);
  return {
    networkInterfaceId: one.id,
    subnetId: one.subnetId,
    vpcId: one.vpcId,
    availabilityZone: one.zone,
    description: one.description,
    ownerId: one.account,
    requesterManaged: false,
    status: attached ? "in-use" : "available",
    macAddress: one.macAddress,
    ...interfaceAddresses(one, region.name, attached && one.publicIp !== null),
    sourceDestCheck: true,
    groupSet: groupSet(region, one.securityGroupIds),
    attachment: !attached
      ? null
      : {
          attachmentId: one.attachmentId,
          instanceId: one.instanceId,
          instanceOwnerId: one.account,
          deviceIndex: one.deviceIndex,
          networkCardIndex: 0,
          status: "attached",
          attachTime: timestamp(one.attachedAt),
          deleteOnTermination: one.deleteOnTermination,
        },
    interfaceType: "interface",
    tagSet: tagSet(one.tags),
  };
}
