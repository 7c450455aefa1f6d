import type { CloudRule } from "./cloud-rule.ts";

export const CORRECT_VALUE =
  "Correct the value that EC2's message names in the placement, the environment, the machine type or the image.";

/** Refusals that leave other candidates of the plan: they concern one subnet, zone, machine type or market. */
export const CANDIDATE_RULES: readonly CloudRule[] = [
  {
    codes: [
      "InsufficientInstanceCapacity",
      "InsufficientCapacity",
      "InsufficientReservedInstanceCapacity",
      "InsufficientReservedInstancesCapacity",
      "UnfulfillableCapacity",
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
    codes: ["InsufficientCapacityOnHost", "InsufficientHostCapacity"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "INSUFFICIENT_CAPACITY",
      remedy:
        "Allocate another Dedicated Host for the machine type, and name its host_id in the placement or turn on its auto-placement.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    // "The requested reservation does not have sufficient compatible and available capacity": it has one zone and type.
    codes: ["ReservationCapacityExceeded"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "RESERVATION_FULL",
      remedy:
        "Terminate a machine of the reservation, enlarge it, or change capacity_reservation of the placement.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    // Only requests for on-demand machines name a reservation.
    codes: ["InvalidCapacityReservationId"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "RESERVATION_NOT_FOUND",
      remedy: "Correct capacity_reservation.id of the placement: it is of one account and region.",
      blastRadius: "market",
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
        "Wait until the spot price falls, raise or remove max_price of the placement, or set its market to SPOT_THEN_ON_DEMAND or ON_DEMAND.",
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
    // Without a zone in its message: a VPC whose dedicated tenancy the type does not support, for example.
    // https://github.com/hashicorp/terraform/issues/18215
    codes: ["Unsupported"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NOT_OFFERED_HERE",
      remedy:
        "Name another machine type, or a subnet of a VPC with default tenancy, or correct tenancy of the placement.",
      blastRadius: "request",
      retry: "next-candidate",
    },
  },
  {
    codes: [
      "UnsupportedInstanceTypeOnHost",
      "UnsupportedHostConfiguration",
      "IncompatibleHostRequirements",
      "UnavailableHostRequirements",
    ],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NOT_OFFERED_HERE",
      remedy:
        "Name another machine type, a host_id of this type in the subnet's zone, or a subnet in a zone with such a Dedicated Host.",
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
    // Local Zones do not offer all volume types of their region.
    codes: ["UnknownVolumeType", "VolumeTypeNotAvailableInRegion"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "DISK_TYPE_NOT_FOUND",
      remedy: "Set another disk_type_ref in the environment, or name a subnet in another zone.",
      blastRadius: "zone",
      retry: "next-candidate",
    },
  },
  {
    // A value may be wrong for one market only, such as the tenancy of a spot request, or for one machine type.
    codes: [
      "ClientInvalidParameterValue",
      "InvalidParameter",
      "InvalidParameterValue",
      "InvalidParameterCombination",
      "InvalidParameterDependency",
      "InvalidRequest",
      "MissingParameter",
      "UnknownParameter",
      "ValidationError",
      "InvalidBlockDeviceMapping",
      "InvalidCpuCredits",
      "InstanceCreditSpecification.NotSupported",
      "InvalidInterface.IpAddressLimitExceeded",
      "AttachmentLimitExceeded",
      "PrivateIpAddressLimitExceeded",
      "EncryptedVolumesNotSupported",
      "OperationNotPermitted",
      "UnsupportedOperation",
      "UnsupportedHibernationConfiguration",
      "VolumeIOPSLimit",
    ],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_REQUEST_REFUSED",
      remedy: CORRECT_VALUE,
      blastRadius: "type-in-market",
      retry: "next-candidate",
    },
  },
  {
    // The tenancy is the VPC's, and its support depends on the machine type and the market as well.
    codes: ["InvalidTenancy", "UnsupportedTenancy"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_REQUEST_REFUSED",
      remedy: "Name another machine type, or a subnet of a VPC with default tenancy.",
      blastRadius: "request",
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
    // A quota counts the vCPUs of one market and one group of machine types. Another group has another quota, and a
    // smaller type of the same group may still fit: https://github.com/NixOS/nixops-aws/issues/41
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
      blastRadius: "type-in-market",
      retry: "next-candidate",
    },
  },
  {
    // EC2's advice is to break the request up into smaller ones. The limit of spot requests is 3,000 machines.
    codes: ["ResourceCountExceeded", "RequestResourceCountExceeded"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "QUOTA_EXCEEDED",
      remedy: "Launch fewer machines at once: EC2 limits how many one request may be for.",
      blastRadius: "request",
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
