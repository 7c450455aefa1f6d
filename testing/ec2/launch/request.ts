import type { Context } from "../action.ts";
import { Ec2Failure, invalidCombination, invalidValue } from "../failure.ts";
import { IMAGE_ID, notFound, requireWellFormed } from "../ids.ts";
import { findImage } from "../images.ts";
import { type InstanceType, addressesPerInterface } from "../instance-types.ts";
import { imageState } from "../lifecycle.ts";
import type { Image, Subnet } from "../records.ts";
import { isOffered } from "../offerings.ts";
import { unknownProfile } from "./agreements.ts";
import type { RunParameters } from "./shape.ts";

/** "User data is limited to 16 KB, in raw form, before it is base64-encoded." */
const MAXIMUM_USER_DATA = 16_384;
const BASE64 = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/;

/** @throws Ec2Failure for invalid counts, and if the minimum exceeds the maximum. */
export function requireCounts({ MinCount, MaxCount }: RunParameters): void {
  for (const [name, count] of Object.entries({ minCount: MinCount, maxCount: MaxCount }))
    if (count < 1)
      throw invalidValue(
        `Value (${count}) for parameter ${name} is invalid. Expecting a positive integer.`,
      );
  if (MinCount > MaxCount)
    throw invalidValue(
      `Value (${MinCount}) for parameter minCount is invalid. It must not exceed maxCount (${MaxCount}).`,
    );
}

/** An image that can be launched now. @throws Ec2Failure `InvalidAMIID.*` */
export function launchableImage(context: Context, id: string): Image {
  requireWellFormed([id], IMAGE_ID);
  const image = findImage(context.region, context.account, id, context.now);
  if (image === null) throw notFound([id], IMAGE_ID);
  const state = imageState(image, context.now);
  if (state !== "available")
    throw new Ec2Failure(
      "InvalidAMIID.Unavailable",
      `The image ID '${id}' is not available: its state is ${state}`,
    );
  return image;
}

/** A type that can run the image. @throws Ec2Failure if it cannot. */
export function fittingType({ types }: Context, name: string, image: Image): InstanceType {
  const type = types.get(name);
  if (type === undefined) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
  if (!type.architectures.includes(image.architecture))
    throw invalidValue(
      `The architecture '${type.architectures.join(",")}' of the specified instance type does not match the ` +
        `architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have ` +
        "matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to " +
        "discover the architecture of the instance type or AMI.",
    );
  if (image.tpmSupport !== null && (type.isXen === true || type.bareMetal === true))
    throw invalidCombination(
      `The instance type '${name}' does not support the TPM version '${image.tpmSupport}' of the AMI.`,
    );
  if (!image.enaSupport && type.isXen !== true)
    throw invalidCombination(
      `Enhanced networking with the Elastic Network Adapter (ENA) is required for the '${name}' instance type. ` +
        "Ensure that you are using an AMI that is enabled for ENA.",
    );
  // An AMI of the instance store needs a type with local disks and Xen: none of the current ones.
  if (image.rootDeviceType === "instance-store")
    throw invalidCombination(
      `Instance store-backed AMIs are not supported with the '${name}' instance type.`,
    );
  if (image.virtualizationType !== "hvm")
    throw invalidCombination(`Non-HVM images are not supported with the '${name}' instance type.`);
  return type;
}

/** @throws Ec2Failure `Unsupported`, naming the zones that offer the type. */
export function requireOffering({ region }: Context, type: string, zones: readonly string[]): void {
  if (zones.some((zone) => isOffered(region, type, zone))) return;
  const others = region.zones
    .map(({ name }) => name)
    .filter((name) => isOffered(region, type, name));
  const advice =
    others.length === 0
      ? ""
      : ` Please retry your request by not specifying an Availability Zone or choosing ${others.join(", ")}.`;
  throw new Ec2Failure(
    "Unsupported",
    `Your requested instance type (${type}) is not supported in your requested Availability Zone (${zones.join(", ")}).${advice}`,
  );
}

/** @throws Ec2Failure for user data that is not Base64 or too long. */
export function requireUserData(userData: string | null): void {
  if (userData === null) return;
  if (!BASE64.test(userData))
    throw new Ec2Failure("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  if (Buffer.from(userData, "base64").length > MAXIMUM_USER_DATA)
    throw invalidValue(`User data is limited to ${MAXIMUM_USER_DATA} bytes`);
}

/** The profile in the form in which it is stored: an ARN or a name. */
export function profileOf({ IamInstanceProfile }: RunParameters): string | null {
  if (IamInstanceProfile === null) return null;
  const { Arn, Name } = IamInstanceProfile;
  if (Arn !== null && Name !== null)
    throw invalidCombination(
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  if (Arn !== null && !/^arn:[\w-]+:iam::\d{12}:instance-profile\/[\w+=,.@/-]{1,512}$/.test(Arn))
    throw unknownProfile("arn", Arn);
  if (Name !== null && !/^[\w+=,.@-]{1,128}$/.test(Name)) throw unknownProfile("name", Name);
  return Arn ?? Name;
}

/** @throws Ec2Failure for a Xen type where only types of the Nitro system work. */
export function requireNitro(
  type: InstanceType,
  { MetadataOptions }: RunParameters,
  subnets: readonly Subnet[],
): void {
  if (type.isXen !== true) return;
  if (MetadataOptions?.HttpProtocolIpv6 === "enabled")
    throw new Ec2Failure(
      "UnsupportedOperation",
      "The HttpProtocolIpv6 metadata option cannot be enabled for Xen-backed instance types.",
    );
  const only = subnets.find(({ cidr }) => cidr === null);
  if (only !== undefined)
    throw invalidCombination(
      `The instance type '${type.name}' is not supported in the IPv6-only subnet ${only.id}.`,
    );
}

/**
 * AMD SEV-SNP needs a type that has it and an image that boots with UEFI. What EC2 says otherwise is not documented.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sev-snp.html
 *
 * @throws Ec2Failure `InvalidParameterCombination`
 */
export function requireSevSnp(
  type: InstanceType,
  image: Image,
  { CpuOptions }: RunParameters,
): void {
  if (CpuOptions?.AmdSevSnp !== "enabled") return;
  if (type.hasSevSnp !== true)
    throw invalidCombination(`AMD SEV-SNP is not supported with the '${type.name}' instance type.`);
  if (image.bootMode !== "uefi" && image.bootMode !== "uefi-preferred")
    throw invalidCombination(
      "AMD SEV-SNP requires an AMI with the boot mode uefi or uefi-preferred.",
    );
}

/**
 * The code is that of EC2's table of error codes, and the words are those for IPv4:
 * https://github.com/aws/amazon-vpc-cni-k8s/issues/989
 *
 * @throws Ec2Failure for more IPv6 addresses than an interface of the type can have
 */
export function requireAddressLimit({ name }: InstanceType, ipv6Count: number | null): void {
  if ((ipv6Count ?? 0) <= addressesPerInterface(name)) return;
  throw new Ec2Failure(
    "PrivateIpAddressLimitExceeded",
    "Number of private addresses will exceed limit.",
  );
}
