import { fullSubnet, NO_SUBNET } from "./aws-failure.ts";
import type { Ec2Failure } from "./aws-failure.ts";

export const PLACE_FAILURES: readonly Ec2Failure[] = [
  {
    name: "a full subnet",
    given: ({ region }) => ({ target: { subnetIds: [fullSubnet(region)] } }),
    check: "subnets.addresses",
    reason: "SUBNET_FULL",
    message: /has no free address$/,
    remedy: /Free addresses/,
  },
  {
    name: "a missing subnet",
    given: () => ({ target: { subnetIds: [NO_SUBNET] } }),
    check: "subnets.exist",
    reason: "SUBNET_NOT_FOUND",
    message: /^us-east-1 has no subnet-00000000000000001 that these credentials can see$/,
    remedy: /subnet_ids/,
  },
  {
    name: "a subnet in another VPC",
    given: ({ region }) => ({
      target: {
        vpcId: region.vpcId,
        subnetIds: [region.addSubnet({ zone: "us-east-1a", vpcId: region.addVpc() })],
      },
    }),
    check: "subnets.network",
    reason: "NETWORK_MISMATCH",
    message: /^subnet-\w+ is in vpc-\w+, not in vpc-\w+$/,
    remedy: /of one VPC/,
  },
  {
    name: "a security group in another VPC than the subnet",
    given: ({ region }) => ({
      target: {
        securityGroupId: region.addSecurityGroup({ name: "web", vpcId: region.addVpc() }),
      },
    }),
    check: "subnets.network",
    reason: "NETWORK_MISMATCH",
    message: /^subnet-\w+ is in vpc-\w+, not in vpc-\w+ as sg-\w+ is$/,
    remedy: /security_group_id/,
  },
  {
    name: "a security group in another VPC than the placement's",
    given: ({ region }) => ({
      target: {
        vpcId: region.vpcId,
        securityGroupId: region.addSecurityGroup({ name: "web", vpcId: region.addVpc() }),
      },
    }),
    check: "security-group.exists",
    reason: "NETWORK_MISMATCH",
    message: /^security group sg-\w+ is in vpc-\w+, not in vpc-\w+$/,
    remedy: /Name a security group of vpc-/,
  },
  {
    name: "a missing security group",
    given: () => ({ target: { securityGroupId: "sg-00000000000000001" } }),
    check: "security-group.exists",
    reason: "SECURITY_GROUP_NOT_FOUND",
    message: /no security group sg-00000000000000001/,
    remedy: /security_group_id/,
  },
  {
    name: "a tag that the instance metadata does not allow",
    given: () => ({ target: { tags: { "cost center": "7" } } }),
    check: "tags.allowed",
    reason: "TAG_INVALID",
    message: /"cost center"/,
    remedy: /without spaces or slashes/,
  },
];
