import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { hasTagsInMetadata } from "../../../src/plan/instance.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import type { Launch } from "../../../src/substrate/contract.ts";
import { invalidSettings, settingsOf } from "../settings.ts";
import { hostOptions } from "./host-options.ts";
import type { InstanceSettings } from "../settings.ts";
import { launchTags, tagSpecifications } from "../labels.ts";
import { blockDevices, keepsVolumes } from "./block-devices.ts";

type Input = RunInstancesCommandInput;
type InstanceType = NonNullable<Input["InstanceType"]>;

/** The form of a type's name: `m7i.large`, `u-6tb1.112xlarge`. EC2 decides which types exist. */
const INSTANCE_TYPE = /^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}$/;

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
    ...blockDevices(settings, plan.planId),
    MetadataOptions: metadata(settings, place),
    ...market(settings, place),
    ...hostOptions(settings, place),
    TagSpecifications: tagSpecifications(launchTags(launch, settings.tags, settings), {
      ...place,
      keepsVolumes: keepsVolumes(settings),
    }),
  };
}

/**
 * Only a network interface can request a public address, and EC2 refuses a request that has both an interface and the
 * shorter form. Without a request the subnet decides whether the machine has a public address. An IPv6-only subnet has
 * none to give.
 */
function network(settings: InstanceSettings, { place, subnet }: Candidate): Partial<Input> {
  const { securityGroupIds, assignPublicIp, ipv6AddressCount: wanted } = settings;
  const ipv6Only = ipv6OnlySubnet(settings, subnet);
  const count = wanted ?? (ipv6Only?.assignsAddresses === false ? 1 : undefined);
  const ipv6 = count === undefined ? {} : { Ipv6AddressCount: count };
  if (!assignPublicIp || ipv6Only !== null)
    return {
      ...placement(settings, place, subnet),
      ...(subnet === undefined ? {} : { SubnetId: subnet }),
      ...(securityGroupIds.length === 0 ? {} : { SecurityGroupIds: [...securityGroupIds] }),
      ...ipv6,
    };
  return {
    ...placement(settings, place, subnet),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
        ...(subnet === undefined ? {} : { SubnetId: subnet }),
        ...(securityGroupIds.length === 0 ? {} : { Groups: [...securityGroupIds] }),
        ...ipv6,
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
function placement(
  { tenancy, hostId }: InstanceSettings,
  place: string,
  subnet: string | undefined,
): Pick<Input, "Placement"> {
  const fields = {
    ...(subnet === undefined ? { AvailabilityZone: place } : {}),
    ...(tenancy === undefined ? {} : { Tenancy: tenancy }),
    ...(hostId === undefined ? {} : { HostId: hostId }),
  };
  return Object.keys(fields).length === 0 ? {} : { Placement: fields };
}

function profile({ instanceProfileArn }: InstanceSettings): Pick<Input, "IamInstanceProfile"> {
  return instanceProfileArn === null ? {} : { IamInstanceProfile: { Arn: instanceProfileArn } };
}

/** EC2 takes one text for all members, so it cannot say which member a machine is. */
function userData({ userData: text }: Launch): Pick<Input, "UserData"> {
  return text === "" ? {} : { UserData: Buffer.from(text, "utf8").toString("base64") };
}

/** A spot machine is terminated when EC2 reclaims it, and the request is not renewed. */
function market(
  { maxPrice }: InstanceSettings,
  place: Candidate,
): Pick<Input, "InstanceMarketOptions"> {
  if (place.market !== "spot") return {};
  return {
    InstanceMarketOptions: {
      MarketType: "spot",
      SpotOptions: {
        SpotInstanceType: "one-time",
        InstanceInterruptionBehavior: "terminate",
        ...(maxPrice === undefined ? {} : { MaxPrice: maxPrice }),
      },
    },
  };
}

function instanceType(name: string, planId: string): InstanceType {
  if (isInstanceType(name)) return name;
  throw invalidSettings(planId, `"${name}" cannot be an instance type`);
}

function isInstanceType(name: string): name is InstanceType {
  return INSTANCE_TYPE.test(name);
}
