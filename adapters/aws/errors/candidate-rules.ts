import type { CloudRule } from "./cloud-rule.ts";

/** Refusals that leave other candidates of the plan: they concern one subnet, zone, machine type or market. */
export const CANDIDATE_RULES: readonly CloudRule[] = [
  {
    codes: [
      "InsufficientInstanceCapacity",
      "InsufficientCapacity",
      "InsufficientCapacityOnHost",
      "InsufficientHostCapacity",
      "InsufficientReservedInstanceCapacity",
      "InsufficientReservedInstancesCapacity",
      "UnfulfillableCapacity",
      "ReservationCapacityExceeded",
    ],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "INSUFFICIENT_CAPACITY",
      remedy: "Name subnets in more zones, or another machine type.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    // Each zone has its own spot price.
    codes: ["SpotMaxPriceTooLow"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "INSUFFICIENT_CAPACITY",
      remedy:
        "Wait until the spot price falls, or set market of the placement to SPOT_THEN_ON_DEMAND or ON_DEMAND.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["InsufficientVolumeCapacity", "InsufficientAddressCapacity"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "INSUFFICIENT_CAPACITY",
      remedy: "Name subnets in more zones, or wait until the zone has capacity again.",
      blastRadius: "zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["InsufficientFreeAddressesInSubnet", "InsufficientCidrBlocks"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "SUBNET_FULL",
      remedy: "Free addresses in the subnet, or name another one in the placement.",
      blastRadius: "place",
      retry: "next-candidate",
    },
  },
  {
    codes: ["Unsupported", "UnsupportedInstanceTypeOnHost", "IncompatibleHostRequirements"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NOT_OFFERED_HERE",
      remedy: "Name a subnet in another zone, or another machine type.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["VolumeTypeNotAvailableInZone"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NOT_OFFERED_HERE",
      remedy: "Name a subnet in another zone, or another disk type.",
      blastRadius: "zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["InvalidAvailabilityZone", "InvalidZone.NotFound", "ZonesMismatched"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "PLACE_NOT_FOUND",
      remedy: "Name subnets in zones that this account can use.",
      blastRadius: "zone",
      retry: "next-candidate",
    },
  },
  {
    // Spot and on-demand instances have separate quotas, each for a group of machine types:
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-limits.html
    codes: [
      "VcpuLimitExceeded",
      "InstanceLimitExceeded",
      "MaxSpotInstanceCountExceeded",
      "MaxSpotFleetRequestCountExceeded",
      "MaxFleetCountExceeded",
    ],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "QUOTA_EXCEEDED",
      remedy:
        "Terminate instances of this market in this region, or ask AWS to raise the quota that the message is about.",
      blastRadius: "market",
      retry: "next-candidate",
    },
  },
  {
    // EC2 creates this role with the first spot request of an account, if the caller may create it:
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
    codes: ["AuthFailure.ServiceLinkedRoleCreationNotPermitted"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "SPOT_ROLE_MISSING",
      remedy:
        "Create the role once with `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com`, or allow iam:CreateServiceLinkedRole for it.",
      blastRadius: "market",
      retry: "next-candidate",
    },
  },
  {
    codes: ["InvalidInstanceType", "InvalidInstanceFamily"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "MACHINE_TYPE_NOT_FOUND",
      remedy:
        "Correct aws.instance_type of the machine-type record, or name subnets in zones that offer it.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    codes: [
      "InvalidSubnet",
      "InvalidSubnetID.NotFound",
      "InvalidSubnetId.NotFound",
      "InvalidSubnetID.Malformed",
      "SubnetNotInVpc",
    ],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "SUBNET_NOT_FOUND",
      remedy: "Correct subnet_ids of the placement.",
      blastRadius: "place",
      retry: "next-candidate",
    },
  },
];
