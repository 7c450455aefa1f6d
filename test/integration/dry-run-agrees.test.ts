import { describe, expect, it } from "vitest";
import { EC2_REFUSALS } from "../support/refusals/ec2-refusals.ts";
import { playRefusals } from "../support/refusals/refusal-cloud.ts";

/** By layout, refusals that the first candidate's own zone, subnet, market or type can cause, and those that it cannot. */
const SUBJECTS: Readonly<Record<string, { leave: readonly string[]; end: readonly string[] }>> = {
  "two zones": {
    leave: [
      "InsufficientInstanceCapacity",
      "InsufficientFreeAddressesInSubnet",
      "InvalidAvailabilityZone",
      "InvalidSubnetID.NotFound",
      "UnknownVolumeType",
      "UnsupportedTenancy",
      "VolumeTypeNotAvailableInRegion",
      "a security group of another VPC",
      "a type that the zone does not offer",
      "a value of the subnet",
      "a VPC with dedicated tenancy",
      "an unknown code",
      "denied on subnet/subnet-0a",
    ],
    end: [
      "InvalidParameterCombination",
      "MaxSpotInstanceCountExceeded",
      "VcpuLimitExceeded",
      "Marketplace terms",
    ],
  },
  "two subnets of a zone": {
    leave: [
      "InsufficientFreeAddressesInSubnet",
      "UnsupportedTenancy",
      "a security group of another VPC",
      "a VPC with dedicated tenancy",
    ],
    end: [
      "InsufficientInstanceCapacity",
      "UnknownVolumeType",
      "a type that the zone does not offer",
    ],
  },
  "two machine types": {
    leave: [
      "InsufficientInstanceCapacity",
      "InvalidCpuCredits",
      "InvalidInstanceType",
      "InvalidParameterCombination",
      "MaxSpotInstanceCountExceeded",
      "Unsupported",
      "UnsupportedOperation",
      "VcpuLimitExceeded",
      "a VPC with dedicated tenancy",
      "a type that the product does not support",
      "a type that the zone does not offer",
      "an image that boots with UEFI",
      "an image without ENA",
      "an unknown code",
      "denied on instance/*",
    ],
    end: [
      "InsufficientFreeAddressesInSubnet",
      "InsufficientVolumeCapacity",
      "InvalidAMIID.NotFound",
      "InvalidAvailabilityZone",
      "InvalidSubnetID.NotFound",
      "Marketplace terms",
      "UnauthorizedOperation",
      "UnknownVolumeType",
      "a security group of another VPC",
      "denied on spot-instances-request/*",
      "denied on subnet/subnet-0a",
    ],
  },
  "the spot market and on demand": {
    leave: [
      "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
      "InvalidParameterCombination",
      "InvalidParameterValue",
      "InvalidTenancy",
      "MaxSpotInstanceCountExceeded",
      "SpotMaxPriceTooLow",
      "UnsupportedOperation",
      "VcpuLimitExceeded",
      "denied on instance/*",
      "denied on spot-instances-request/*",
    ],
    end: [
      "InsufficientFreeAddressesInSubnet",
      "InvalidAMIID.NotFound",
      "InvalidUserData.Malformed",
      "UnknownVolumeType",
      "denied on image/ami-0a",
    ],
  },
};

describe.each([EC2_REFUSALS])("each refusal of $cloud at the first of two candidates", (cloud) => {
  it.each(Object.keys(cloud.layouts))(
    "leaves the same in the dry run as at the launch, and what it is not about: %s",
    { timeout: 120_000 },
    async (layout) => {
      const played = await playRefusals(cloud, layout);
      expect(Object.keys(played.launch)).toHaveLength(cloud.refusals.length);
      expect(played["dry-run"]).toEqual(played.launch);
      const { leave = [], end = [] } = SUBJECTS[layout] ?? {};
      for (const name of leave)
        expect([name, played.launch[name]]).toEqual([name, { candidate: 1 }]);
      for (const name of end)
        expect([name, played.launch[name]]).toEqual([name, { reason: expect.any(String) }]);
    },
  );
});
