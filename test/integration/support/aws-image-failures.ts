import { EC2_ACCOUNT } from "../../support/ec2-launch.ts";
import { REGION } from "../../support/ec2-resolve.ts";
import { inUsEast, NO_IMAGE } from "./aws-failure.ts";
import type { Ec2Failure } from "./aws-failure.ts";

export const IMAGE_FAILURES: readonly Ec2Failure[] = [
  {
    name: "an unknown AMI",
    given: () => inUsEast(NO_IMAGE),
    check: "image.found",
    reason: "IMAGE_NOT_FOUND",
    message: /^image agent-base: EC2 does not know ami-00000000000000001 in us-east-1/,
    remedy: /owns or that is shared/,
  },
  {
    name: "a malformed AMI id",
    given: () => inUsEast("ami-latest"),
    check: "image.found",
    reason: "INVALID_REFERENCE",
    message: /ami-latest.*InvalidAMIID.Malformed/,
    remedy: /hex digits/,
  },
  {
    name: "an AMI in another region that the record does not name",
    given: ({ ec2 }) => {
      const id = ec2.region("eu-west-1", EC2_ACCOUNT).addImage({ id: "ami-0000000000000000e" });
      return inUsEast(id);
    },
    check: "image.found",
    reason: "REGION_MISMATCH",
    message: /^image agent-base: ami-0000000000000000e is in eu-west-1, not us-east-1$/,
    remedy: /copy-image --source-region eu-west-1 --region us-east-1/,
  },
  {
    name: "an AMI in another region, of which this region has a copy",
    given: ({ ec2, region }) => {
      const id = ec2.region("us-west-2", EC2_ACCOUNT).addImage({ name: "agent-7" });
      region.addImage({ id: "ami-0000000000000000c", name: "agent-7" });
      return { amiIds: { [REGION]: id, "us-west-2": id } };
    },
    check: "image.found",
    reason: "REGION_MISMATCH",
    message: /is in us-west-2, not us-east-1$/,
    remedy: /^Put ami-0000000000000000c, which has the same name in us-east-1/,
  },
  {
    name: "a pending AMI",
    given: ({ region }) => inUsEast(region.addImage({ state: "pending" })),
    check: "image.state",
    reason: "IMAGE_NOT_READY",
    message: /is pending: it is still being created/,
    remedy: /^Wait/,
  },
  {
    name: "a failed AMI",
    given: ({ region }) => {
      const stateReason = { code: "Client.SnapshotError", message: "the snapshot was lost" };
      return inUsEast(region.addImage({ state: "failed", stateReason }));
    },
    check: "image.state",
    reason: "IMAGE_FAILED",
    message: /is failed: its creation failed \(the snapshot was lost\)/,
    remedy: /^Create the AMI again/,
  },
  {
    name: "a disabled AMI",
    given: ({ region }) => inUsEast(region.addImage({ state: "disabled" })),
    check: "image.state",
    reason: "IMAGE_OBSOLETE",
    message: /its owner has disabled it/,
    remedy: /successor/,
  },
  {
    name: "a transient AMI",
    given: ({ region }) => inUsEast(region.addImage({ state: "transient" })),
    check: "image.state",
    reason: "IMAGE_NOT_READY",
    message: /is transient: it is still being created/,
    remedy: /^Wait/,
  },
  {
    name: "an AMI of the instance store",
    given: ({ region }) => inUsEast(region.addImage({ rootDeviceType: "instance-store" })),
    check: "image.platform",
    reason: "IMAGE_UNSUPPORTED",
    message: /has an instance store as its root device, not an EBS volume$/,
    remedy: /^Rebuild the AMI on EBS/,
  },
  {
    name: "a 32-bit AMI",
    given: ({ region }) => inUsEast(region.addImage({ architecture: "i386" })),
    check: "image.platform",
    reason: "IMAGE_UNSUPPORTED",
    message: /is for i386/,
    remedy: /32-bit/,
  },
  {
    name: "a macOS AMI",
    given: ({ region }) => inUsEast(region.addImage({ architecture: "arm64_mac" })),
    check: "image.platform",
    reason: "IMAGE_UNSUPPORTED",
    message: /is for macOS/,
    remedy: /Linux/,
  },
  {
    name: "a paravirtual AMI",
    given: ({ region }) => inUsEast(region.addImage({ virtualizationType: "paravirtual" })),
    check: "image.platform",
    reason: "IMAGE_UNSUPPORTED",
    message: /is paravirtual/,
    remedy: /hvm/,
  },
];
