import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { fieldOf } from "../../support/engine-client.ts";
import { openEc2Commands } from "./support/ec2-fields.ts";
import type { Ec2Commands } from "./support/ec2-fields.ts";
import { testEc2Fields } from "./support/ec2-suite.ts";
import type { Ec2FieldTables } from "./support/ec2-suite.ts";

const jsonObject = z.record(z.string(), z.unknown());
const ZONE = "us-east-1a";
const SLOW = { timeout: 60_000 };

const APPLIED: Ec2FieldTables["APPLIED"] = {
  security_group_ids(region) {
    const groups = [region.securityGroupId, region.addSecurityGroup({ name: "agents" })];
    return {
      placement: { security_group_ids: groups },
      wire: { "SecurityGroupId.1": groups[0] ?? "", "SecurityGroupId.2": groups[1] ?? "" },
      described: { security_group_ids: groups },
    };
  },
  metadata_options: () => ({
    placement: {
      metadata_options: { http_put_response_hop_limit: 2, instance_metadata_tags: "disabled" },
      tags: { "Patch Group": "nightly", "k8s.io/cluster": "owned" },
    },
    wire: {
      "MetadataOptions.HttpEndpoint": "enabled",
      "MetadataOptions.HttpTokens": "required",
      "MetadataOptions.HttpPutResponseHopLimit": "2",
      "MetadataOptions.InstanceMetadataTags": "disabled",
      "TagSpecification.1.Tag.1.Key": "Patch Group",
      "TagSpecification.1.Tag.2.Key": "k8s.io/cluster",
    },
    described: {
      metadata_options: { http_put_response_hop_limit: 2, instance_metadata_tags: "disabled" },
    },
  }),
  key_name(region) {
    region.addKeyPair("ops key");
    const key = { key_name: "ops key" };
    return { placement: key, wire: { KeyName: "ops key" }, described: key };
  },
  ipv6_address_count(region) {
    const dual = region.addSubnet({ zone: ZONE, ipv6Cidr: "2001:db8:0:2::/64" });
    const count = { ipv6_address_count: 3 };
    return {
      placement: { ...count, subnet_ids: [dual] },
      settings: count,
      wire: { Ipv6AddressCount: "3" },
      described: count,
    };
  },
};

const REFUSED: Ec2FieldTables["REFUSED"] = {
  "security_group_ids of which one does not exist": ({ securityGroupId }) => ({
    fields: { placement: { security_group_ids: [securityGroupId, "sg-0123456789abcdef0"] } },
    finding: [
      "security-group.exists",
      "SECURITY_GROUP_NOT_FOUND",
      "no security group sg-0123456789abcdef0 in us-east-1",
    ],
  }),
  "security_group_ids of which one is in another VPC than vpc_id"(region) {
    const other = region.addSecurityGroup({ name: "other", vpcId: region.addVpc() });
    const groups = [region.securityGroupId, other];
    return {
      fields: { placement: { security_group_ids: groups, vpc_id: region.vpcId } },
      finding: ["security-group.exists", "NETWORK_MISMATCH", `security group ${other} is in vpc-`],
    };
  },
  "security_group_ids of which one is in another VPC than the subnets"(region) {
    const other = region.addSecurityGroup({ name: "other", vpcId: region.addVpc() });
    return {
      fields: { placement: { security_group_ids: [region.securityGroupId, other] } },
      finding: ["subnets.network", "NETWORK_MISMATCH", `as ${other} is`],
    };
  },
  "key_name of a key pair that does not exist": () => ({
    fields: { placement: { key_name: "nobody" } },
    finding: [
      "key-pair.exists",
      "KEY_PAIR_NOT_FOUND",
      "InvalidKeyPair.NotFound: The key pair 'nobody' does not exist",
    ],
  }),
  "ipv6_address_count in a subnet without IPv6": () => ({
    fields: { placement: { ipv6_address_count: 1 } },
    finding: ["subnets.ipv6", "IPV6_UNSUPPORTED", /^subnet-\w+ has no IPv6 block, but/],
  }),
  "ipv6_address_count of none in an IPv6-only subnet"(region) {
    const only = region.addSubnet({ zone: ZONE, cidr: null });
    return {
      fields: { placement: { ipv6_address_count: 0, subnet_ids: [only] } },
      finding: ["subnets.ipv6", "IPV6_UNSUPPORTED", `${only} is IPv6-only, but the placement has`],
    };
  },
  "ipv6_address_count of more than the type's interface has"(region) {
    const dual = region.addSubnet({ zone: ZONE, ipv6Cidr: "2001:db8:0:3::/64" });
    return {
      fields: { placement: { ipv6_address_count: 11, subnet_ids: [dual] } },
      finding: [
        "machine-type.ipv6-addresses",
        "IPV6_UNSUPPORTED",
        "a network interface of m7i.large has at most 10 IPv6 addresses",
      ],
    };
  },
  "tags that the instance metadata cannot show": () => ({
    fields: { placement: { tags: { "Patch Group": "nightly" } } },
    finding: ["tags.allowed", "TAG_INVALID", '"Patch Group" cannot be a key in the instance'],
  }),
};

const REFUSED_AT_LAUNCH: Ec2FieldTables["REFUSED_AT_LAUNCH"] = {
  "security_group_ids: a group that was deleted"(region) {
    const deleted = region.addSecurityGroup({ name: "deleted" });
    return {
      fields: { placement: { security_group_ids: [region.securityGroupId, deleted] } },
      change: () => region.removeSecurityGroup(deleted),
      error: {
        reason: "SECURITY_GROUP_NOT_FOUND",
        message: expect.stringContaining(`The security group '${deleted}' does not exist in VPC`),
        remedy: "Correct security_group_id or security_group_ids of the placement.",
      },
    };
  },
  "key_name: a key pair that was deleted"(region) {
    region.addKeyPair("deleted");
    return {
      fields: { placement: { key_name: "deleted" } },
      change: () => region.removeKeyPair("deleted"),
      error: {
        reason: "KEY_PAIR_NOT_FOUND",
        message: expect.stringContaining("The key pair 'deleted' does not exist"),
        remedy: expect.stringContaining("Correct key_name of the placement"),
      },
    };
  },
  "ipv6_address_count: a subnet that has lost its block"(region) {
    const dual = region.addSubnet({ zone: ZONE, ipv6Cidr: "2001:db8:0:4::/64" });
    return {
      fields: { placement: { ipv6_address_count: 1, subnet_ids: [dual] } },
      change: () => region.removeIpv6Block(dual),
      error: {
        reason: "CLOUD_REQUEST_REFUSED",
        blast_radius: "place",
        message: expect.stringContaining(
          `No IPv6 CIDR block is associated with the subnet ${dual}`,
        ),
      },
    };
  },
  "security_group_ids: more than the quota of an interface": (region) => ({
    fields: {
      placement: {
        security_group_ids: ["a", "b", "c", "d", "e", "f"].map((name) =>
          region.addSecurityGroup({ name: `quota-${name}` }),
        ),
      },
    },
    error: {
      code: "RESOURCE_EXHAUSTED",
      reason: "QUOTA_EXCEEDED",
      message: expect.stringContaining(
        "The maximum number of security groups per interface has been reached",
      ),
      remedy: expect.stringContaining("Name fewer groups in security_group_ids"),
    },
  }),
};

const REJECTED: Ec2FieldTables["REJECTED"] = [
  [{ security_group_ids: [] }, "security_group_ids: must list at least one security group"],
  [{ security_group_ids: ["default"] }, "security_group_ids[0]: must be an id such as sg-"],
  [{ security_group_ids: ["sg-01", "sg-01"] }, "security_group_ids: must not contain duplicates"],
  [
    { security_group_ids: Array.from({ length: 17 }, (_, index) => `sg-${index}`) },
    "security_group_ids: must list at most 16 security groups",
  ],
  [
    { security_group_ids: ["sg-01"], security_group_id: "sg-02" },
    "security_group_ids: must not be set with security_group_id: list every group",
  ],
  [{ ipv6_address_count: -1 }, "ipv6_address_count: must be a number of addresses"],
  [{ ipv6_address_count: 1.5 }, "ipv6_address_count: must be a number of addresses"],
  [{ key_name: " ops" }, "key_name: must be the name of a key pair"],
  [{ key_name: "k".repeat(256) }, "key_name: must be the name of a key pair"],
  [
    { metadata_options: { http_put_response_hop_limit: 65 } },
    "metadata_options.http_put_response_hop_limit: must be a number of hops from 1 to 64",
  ],
  [
    { metadata_options: { instance_metadata_tags: true } },
    "metadata_options.instance_metadata_tags: must be enabled or disabled",
  ],
  [
    { metadata_options: { instance_metadata_tags: "enabled" }, tags: { "a b": "" } },
    'metadata_options.instance_metadata_tags: must be disabled for the tag "a b"',
  ],
];

describe("the fields of an EC2 placement about network and access", () => {
  let commands: Ec2Commands;
  beforeAll(async () => {
    commands = await openEc2Commands();
  }, 60_000);
  afterAll(() => commands[Symbol.asyncDispose]());

  testEc2Fields(() => commands, { APPLIED, REFUSED, REFUSED_AT_LAUNCH, REJECTED });

  it("leaves requests and plans without the fields as they are", SLOW, async () => {
    const workspace = await commands.records({});
    await commands.json("spawn", workspace, "--id", workspace);
    const plan = fieldOf(await commands.json("describe", workspace), "plan");
    const sources = Object.keys(jsonObject.parse(fieldOf(plan, "sources")));
    expect(sources.filter((pointer) => pointer.startsWith("/target"))).toEqual(["/target"]);
    expect(Object.keys(jsonObject.parse(fieldOf(plan, "settings", "instance"))).toSorted()).toEqual(
      [
        "assign_public_ip",
        "instance_profile_arn",
        "instance_type",
        "ipv6_only_subnets",
        "root_device_name",
        "root_volume",
        "security_group_ids",
        "tags",
        "volumes",
      ],
    );
    expect(Object.keys(commands.sent("launch")).filter(isOfField)).toEqual(["SecurityGroupId.1"]);
  });
});

function isOfField(parameter: string): boolean {
  return /^(?:SecurityGroup|Ipv6|KeyName|Placement)/.test(parameter);
}
