import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { invalidArgument } from "../../../src/errors.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import type { Launch } from "../../../src/substrate/contract.ts";
import { settingsOf } from "../settings.ts";
import type { InstanceSettings } from "../settings.ts";
import { launchTags, tagSpecifications } from "../labels.ts";

type Input = RunInstancesCommandInput;
type InstanceType = NonNullable<Input["InstanceType"]>;
type Volume = NonNullable<NonNullable<Input["BlockDeviceMappings"]>[number]["Ebs"]>;
type VolumeType = NonNullable<Volume["VolumeType"]>;

/** `m7i.large`, `u-6tb1.112xlarge`: which types there are is EC2's to say. */
const INSTANCE_TYPE = /^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}$/;
const VOLUME_TYPE = /^[a-z0-9]{1,20}$/;

/**
 * What EC2 is told to launch: as many of the members as it can take, all of them alike. The same launch gives the same
 * request in every process, because EC2 refuses a token that comes with another one.
 *
 * @throws SlipwayError `INVALID_PLAN` for a plan that is not one of an EC2 instance
 */
export function launchRequest(launch: Launch): Input {
  const { plan, place, members, token } = launch;
  const settings = settingsOf(plan);
  return {
    MinCount: 1,
    MaxCount: members.length,
    ClientToken: token,
    ImageId: plan.artifact.id,
    InstanceType: instanceType(settings, plan.planId),
    ...network(settings, place),
    ...profile(settings),
    ...userData(launch),
    ...rootVolume(settings, plan.planId),
    // Tags in the metadata are how a machine of a larger launch finds out which one it is.
    MetadataOptions: {
      HttpEndpoint: "enabled",
      HttpTokens: "required",
      InstanceMetadataTags: "enabled",
    },
    ...market(place),
    TagSpecifications: tagSpecifications(launchTags(launch, settings.tags), place.market),
  };
}

/** Without an address of its own choice a machine has what its subnet gives: EC2 asks for one form or the other. */
function network(settings: InstanceSettings, { place, subnet }: Candidate): Partial<Input> {
  const { securityGroupIds, assignPublicIp } = settings;
  if (!assignPublicIp)
    return {
      ...where(place, subnet),
      ...(subnet === undefined ? {} : { SubnetId: subnet }),
      ...(securityGroupIds.length === 0 ? {} : { SecurityGroupIds: [...securityGroupIds] }),
    };
  return {
    ...where(place, subnet),
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

/** A subnet says its zone. */
function where(place: string, subnet: string | undefined): Pick<Input, "Placement"> {
  return subnet === undefined ? { Placement: { AvailabilityZone: place } } : {};
}

function profile({ instanceProfileArn }: InstanceSettings): Pick<Input, "IamInstanceProfile"> {
  return instanceProfileArn === null ? {} : { IamInstanceProfile: { Arn: instanceProfileArn } };
}

/** One text for all members, which is why it does not say which one a machine is. */
function userData({ members }: Launch): Pick<Input, "UserData"> {
  const document = members[0]?.bootDocument ?? "";
  return document === "" ? {} : { UserData: Buffer.from(document, "utf8").toString("base64") };
}

function rootVolume(
  { rootDeviceName, rootVolume: { sizeGb, type } }: InstanceSettings,
  planId: string,
): Pick<Input, "BlockDeviceMappings"> {
  if (sizeGb === null && type === null) return {};
  const volume: Volume = {
    ...(sizeGb === null ? {} : { VolumeSize: sizeGb }),
    ...(type === null ? {} : { VolumeType: volumeType(type, planId) }),
  };
  return { BlockDeviceMappings: [{ DeviceName: rootDeviceName, Ebs: volume }] };
}

/** A machine that is bought on the spot market is gone when it is taken back; nothing starts it again by itself. */
function market(place: Candidate): Pick<Input, "InstanceMarketOptions"> {
  if (place.market !== "spot") return {};
  return {
    InstanceMarketOptions: {
      MarketType: "spot",
      SpotOptions: { SpotInstanceType: "one-time", InstanceInterruptionBehavior: "terminate" },
    },
  };
}

function instanceType({ instanceType: name }: InstanceSettings, planId: string): InstanceType {
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
