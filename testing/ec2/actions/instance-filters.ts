import type { Context } from "../action.ts";
import { type FilterTable, tagFilters } from "../filters.ts";
import { instanceState, stateFields, timestamp } from "../lifecycle.ts";
import type { Instance } from "../records.ts";
import { attachedTo } from "../attached.ts";

/** The filters of DescribeInstances that apply to properties of the fake's instances. */
export function instanceFilters({ region, seenAt }: Context): FilterTable<Instance> {
  const state = (instance: Instance) => instanceState(instance, seenAt) ?? "pending";
  const groupNames = (ids: readonly string[]): readonly string[] =>
    ids.flatMap((id) => region.securityGroups.get(id)?.name ?? []);
  return {
    ...tagFilters<Instance>(),
    architecture: (one) => one.architecture,
    "availability-zone": (one) => one.zone,
    "block-device-mapping.volume-id": (one) =>
      attachedTo(region.volumes, one.id).map(({ id }) => id),
    "client-token": (one) => one.clientToken,
    "image-id": (one) => one.imageId,
    "instance-id": (one) => one.id,
    "instance-lifecycle": (one) => (one.market === "spot" ? "spot" : null),
    "instance-state-code": (one) => stateFields(state(one)).code,
    "instance-state-name": state,
    "instance-type": (one) => one.instanceType,
    "instance.group-id": (one) => one.securityGroupIds,
    "instance.group-name": (one) => groupNames(one.securityGroupIds),
    "ip-address": (one) => one.publicIp,
    "key-name": (one) => one.keyName,
    "launch-index": (one) => one.launchIndex,
    "launch-time": (one) => timestamp(one.launchTime),
    "metadata-options.http-endpoint": (one) => one.metadataOptions.httpEndpoint,
    "metadata-options.http-tokens": (one) => one.metadataOptions.httpTokens,
    "metadata-options.instance-metadata-tags": (one) => one.metadataOptions.instanceTags,
    "network-interface.network-interface-id": (one) =>
      attachedTo(region.interfaces, one.id).map(({ id }) => id),
    "network-interface.subnet-id": (one) => one.subnetId,
    "owner-id": (one) => one.account,
    "private-ip-address": (one) => one.privateIp,
    "reservation-id": (one) => one.reservationId,
    "root-device-name": (one) => one.rootDeviceName,
    "spot-instance-request-id": (one) => one.spotRequestId,
    "subnet-id": (one) => one.subnetId,
    tenancy: (one) => one.tenancy,
    "vpc-id": (one) => one.vpcId,
  };
}
