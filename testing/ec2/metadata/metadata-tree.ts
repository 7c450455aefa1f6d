import type { MetadataFolder } from "../../server/metadata.ts";
import { timestamp } from "../lifecycle.ts";
import type { Instance } from "../records.ts";
import { privateDnsName, publicDnsName } from "../render/names.ts";
import type { Region } from "../world.ts";

/** Everything that an instance can read about itself below a version such as `/latest`. */
export function metadataTree(region: Region, instance: Instance): MetadataFolder {
  return {
    dynamic: { "instance-identity": { document: identityDocument(region, instance) } },
    "meta-data": aboutInstance(region, instance),
    ...(instance.userData === null
      ? {}
      : { "user-data": new Uint8Array(Buffer.from(instance.userData, "base64")) }),
  };
}

function aboutInstance(region: Region, instance: Instance): MetadataFolder {
  const name = privateDnsName(region.name, instance);
  const groups = instance.securityGroupIds.map((id) => region.securityGroups.get(id)?.name ?? id);
  return {
    "ami-id": instance.imageId,
    "ami-launch-index": String(instance.launchIndex),
    hostname: name,
    "instance-action": "none",
    "instance-id": instance.id,
    "instance-life-cycle": instance.market,
    "instance-type": instance.instanceType,
    "local-hostname": name,
    ...(instance.privateIp === null ? {} : { "local-ipv4": instance.privateIp }),
    network: { interfaces: { macs: networkInterfaces(region, instance) } },
    placement: placement(region, instance),
    ...publicAddress(region, instance),
    "reservation-id": instance.reservationId,
    "security-groups": groups.join("\n"),
    ...tags(instance),
  };
}

function placement(region: Region, { zone }: Instance): MetadataFolder {
  const id = region.zones.find(({ name }) => name === zone)?.id ?? "";
  return { "availability-zone": zone, "availability-zone-id": id, region: region.name };
}

function publicAddress(region: Region, { publicIp }: Instance): MetadataFolder {
  if (publicIp === null) return {};
  return { "public-hostname": publicDnsName(region.name, publicIp), "public-ipv4": publicIp };
}

function tags({ metadataOptions, tags: ofInstance }: Instance): MetadataFolder {
  if (metadataOptions.instanceTags === "disabled") return {};
  return {
    tags: { instance: Object.fromEntries(ofInstance.map(({ key, value }) => [key, value])) },
  };
}

function networkInterfaces(region: Region, instance: Instance): MetadataFolder {
  const own = [...region.interfaces.values()].filter(
    ({ instanceId }) => instanceId === instance.id,
  );
  return Object.fromEntries(
    own.map((one) => {
      const subnet = region.subnets.get(one.subnetId);
      const vpc = region.vpcs.get(one.vpcId);
      return [
        one.macAddress,
        {
          "device-number": String(one.deviceIndex),
          "interface-id": one.id,
          mac: one.macAddress,
          "owner-id": one.account,
          "security-group-ids": one.securityGroupIds.join("\n"),
          "subnet-id": one.subnetId,
          "vpc-id": one.vpcId,
          ...(one.privateIp === null ? {} : { "local-ipv4s": one.privateIp }),
          ...(one.publicIp === null ? {} : { "public-ipv4s": one.publicIp }),
          ...(one.ipv6 === null ? {} : { ipv6s: [one.ipv6, ...one.furtherIpv6].join("\n") }),
          ...(subnet?.cidr == null ? {} : { "subnet-ipv4-cidr-block": subnet.cidr }),
          ...(vpc === undefined ? {} : { "vpc-ipv4-cidr-block": vpc.cidr }),
        },
      ];
    }),
  );
}

/** The document without its signatures: the fake has no key of AWS. */
function identityDocument(region: Region, instance: Instance): string {
  const { account, architecture, zone, imageId, id, instanceType, launchTime } = instance;
  const document = {
    accountId: account,
    architecture,
    availabilityZone: zone,
    billingProducts: null,
    devpayProductCodes: null,
    imageId,
    instanceId: id,
    instanceType,
    kernelId: null,
    marketplaceProductCodes: null,
    pendingTime: timestamp(launchTime).replace(/\.\d+Z$/, "Z"),
    privateIp: instance.privateIp,
    ramdiskId: null,
    region: region.name,
    version: "2017-09-30",
  };
  return JSON.stringify(document, null, 2);
}
