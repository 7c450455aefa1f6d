import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { invalidArgument } from "../../../src/errors.ts";
import { hasTagsInMetadata } from "../../../src/plan/instance.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import type { Launch } from "../../../src/substrate/contract.ts";
import { settingsOf } from "../settings.ts";
import type { InstanceSettings } from "../settings.ts";
import { launchTags, tagSpecifications } from "../labels.ts";

type Input = RunInstancesCommandInput;
type InstanceType = NonNullable<Input["InstanceType"]>;
type Volume = NonNullable<NonNullable<Input["BlockDeviceMappings"]>[number]["Ebs"]>;
type VolumeType = NonNullable<Volume["VolumeType"]>;

/** The form of a type's name: `m7i.large`, `u-6tb1.112xlarge`. EC2 decides which types exist. */
const INSTANCE_TYPE = /^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}$/;
const VOLUME_TYPE = /^[a-z0-9]{1,20}$/;

/**
 * The `RunInstances` request of a launch. It asks for as many of the members as EC2 has capacity for, all alike. The
 * same launch gives the same request in every process, because EC2 refuses a token that arrives with a different one.
 *
 * @throws SlipwayError `INVALID_PLAN` if the plan's settings are not those of an EC2 instance
 */
export function launchRequest(launch: Launch): Input {
  const { plan, place, members, token } = launch;
  const settings = settingsOf(plan);
  return {
    MinCount: 1,
    MaxCount: members.length,
    ClientToken: token,
    ImageId: plan.artifact.id,
    InstanceType: instanceType(place.machineType ?? settings.instanceType, plan.planId),
    ...network(settings, place),
    ...(settings.keyName === undefined ? {} : { KeyName: settings.keyName }),
    ...profile(settings),
    ...userData(launch),
    ...volumes(settings, plan.planId),
    MetadataOptions: metadata(settings, place),
    ...market(place),
    TagSpecifications: tagSpecifications(launchTags(launch, settings.tags, settings), {
      ...place,
      keepsVolumes: settings.volumes.some(({ deleteOnTermination }) => !deleteOnTermination),
    }),
  };
}

/**
 * Only a network interface can request a public address, and EC2 refuses a request that has both an interface and the
 * shorter form. Without a request the subnet decides whether the machine has a public address. An IPv6-only subnet has
 * none to give.
 */
function network(settings: InstanceSettings, { place, subnet }: Candidate): Partial<Input> {
  const { securityGroupIds, assignPublicIp } = settings;
  const ipv6Only = ipv6OnlySubnet(settings, subnet);
  if (!assignPublicIp || ipv6Only !== null)
    return {
      ...zonePlacement(place, subnet),
      ...(subnet === undefined ? {} : { SubnetId: subnet }),
      ...(securityGroupIds.length === 0 ? {} : { SecurityGroupIds: [...securityGroupIds] }),
      ...(ipv6Only?.assignsAddresses === false ? { Ipv6AddressCount: 1 } : {}),
    };
  return {
    ...zonePlacement(place, subnet),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
        ...(subnet === undefined ? {} : { SubnetId: subnet }),
        ...(securityGroupIds.length === 0 ? {} : { Groups: [...securityGroupIds] }),
      },
    ],
  };
}

/**
 * A machine reads its launch index from the metadata, so the endpoint is open. The request always says whether tags are
 * there, because an account may have another default: https://github.com/aws/karpenter-provider-aws/pull/7012
 */
function metadata(
  settings: InstanceSettings,
  { subnet }: Candidate,
): NonNullable<Input["MetadataOptions"]> {
  const { httpPutResponseHopLimit: hops } = settings.metadataOptions ?? {};
  return {
    HttpEndpoint: "enabled",
    HttpTokens: "required",
    InstanceMetadataTags: hasTagsInMetadata(settings) ? "enabled" : "disabled",
    ...(hops === undefined ? {} : { HttpPutResponseHopLimit: hops }),
    // EC2 does not open the metadata's IPv6 endpoint by itself, not even in an IPv6-only subnet.
    ...(ipv6OnlySubnet(settings, subnet) === null ? {} : { HttpProtocolIpv6: "enabled" }),
  };
}

function ipv6OnlySubnet(
  { ipv6OnlySubnets }: InstanceSettings,
  subnet: string | undefined,
): InstanceSettings["ipv6OnlySubnets"][number] | null {
  return ipv6OnlySubnets.find((one) => one.subnet === subnet) ?? null;
}

/** A subnet implies its zone. */
function zonePlacement(place: string, subnet: string | undefined): Pick<Input, "Placement"> {
  return subnet === undefined ? { Placement: { AvailabilityZone: place } } : {};
}

function profile({ instanceProfileArn }: InstanceSettings): Pick<Input, "IamInstanceProfile"> {
  return instanceProfileArn === null ? {} : { IamInstanceProfile: { Arn: instanceProfileArn } };
}

/** EC2 takes one text for all members, so it cannot say which member a machine is. */
function userData({ userData: text }: Launch): Pick<Input, "UserData"> {
  return text === "" ? {} : { UserData: Buffer.from(text, "utf8").toString("base64") };
}

/**
 * Only the volumes that differ from the image. EC2 takes every member that is left out from the image's own mapping of
 * that device. The size is sent all the same, because LocalStack and moto refuse a volume without it.
 */
function volumes(
  { rootDeviceName, rootVolume: { sizeGb, type }, volumes: ofImage }: InstanceSettings,
  planId: string,
): Pick<Input, "BlockDeviceMappings"> {
  const root: Volume = {
    ...(sizeGb === null ? {} : { VolumeSize: sizeGb }),
    ...(type === null ? {} : { VolumeType: volumeType(type, planId) }),
  };
  const changes = new Map<string, Volume>();
  if (rootDeviceName !== null && Object.keys(root).length > 0) changes.set(rootDeviceName, root);
  for (const { device, sizeGb: size, keptByImage, deleteOnTermination } of ofImage) {
    const change = changes.get(device);
    const ends = keptByImage && deleteOnTermination;
    if (change !== undefined || ends)
      changes.set(device, {
        ...(size === null ? {} : { VolumeSize: size }),
        ...change,
        ...(ends ? { DeleteOnTermination: true } : {}),
      });
  }
  if (changes.size === 0) return {};
  return {
    BlockDeviceMappings: [...changes].map(([DeviceName, Ebs]) => ({ DeviceName, Ebs })),
  };
}

/** A spot machine is terminated when EC2 reclaims it, and the request is not renewed. */
function market(place: Candidate): Pick<Input, "InstanceMarketOptions"> {
  if (place.market !== "spot") return {};
  return {
    InstanceMarketOptions: {
      MarketType: "spot",
      SpotOptions: { SpotInstanceType: "one-time", InstanceInterruptionBehavior: "terminate" },
    },
  };
}

function instanceType(name: string, planId: string): InstanceType {
  if (isInstanceType(name)) return name;
  throw invalidPlan(planId, `"${name}" cannot be an instance type`);
}

function volumeType(name: string, planId: string): VolumeType {
  if (isVolumeType(name)) return name;
  throw invalidPlan(planId, `"${name}" cannot be a volume type`);
}

function isInstanceType(name: string): name is InstanceType {
  return INSTANCE_TYPE.test(name);
}

function isVolumeType(name: string): name is VolumeType {
  return VOLUME_TYPE.test(name);
}

function invalidPlan(planId: string, why: string) {
  return invalidArgument("INVALID_PLAN", `plan ${planId}: ${why}`, "Resolve the workspace again.");
}
