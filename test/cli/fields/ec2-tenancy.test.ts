import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { JsonObject } from "../../../src/errors.ts";
import { FAKE_ACCOUNT } from "../support/ec2-cli.ts";
import { openEc2Commands } from "./support/ec2-fields.ts";
import type { Ec2Commands } from "./support/ec2-fields.ts";
import { testEc2Fields } from "./support/ec2-suite.ts";
import type { Ec2FieldTables } from "./support/ec2-suite.ts";

const resolved = z.looseObject({ checks: z.array(z.looseObject({ name: z.string() })) });
const ZONE = "us-east-1a";
const SLOW = { timeout: 60_000 };

const APPLIED: Ec2FieldTables["APPLIED"] = {
  tenancy(region) {
    const vpcId = region.addVpc({ instanceTenancy: "dedicated" });
    const tenancy = { tenancy: "dedicated" };
    return {
      placement: { ...tenancy, subnet_ids: [region.addSubnet({ zone: ZONE, vpcId })] },
      settings: tenancy,
      wire: { "Placement.Tenancy": "dedicated" },
      described: tenancy,
    };
  },
  host_id(region) {
    const host_id = region.addHost({ zone: ZONE, instanceType: "m7i.large" });
    const host = { tenancy: "host", host_id };
    return {
      placement: host,
      wire: { "Placement.Tenancy": "host", "Placement.HostId": host_id },
      described: host,
    };
  },
};

const REFUSED: Ec2FieldTables["REFUSED"] = {
  "tenancy of a host, with a type that runs on none": () => ({
    fields: { placement: { tenancy: "host" }, instanceType: "t2.micro" },
    finding: [
      "machine-type.tenancy",
      "NOT_OFFERED_HERE",
      "t2.micro does not run on Dedicated Hosts, but the placement has tenancy: host",
    ],
  }),
  "tenancy that the type does not have": () => ({
    fields: { placement: { tenancy: "dedicated" }, instanceType: "t2.micro" },
    finding: [
      "permission.launch",
      "NOT_OFFERED_HERE",
      "Unsupported: The requested configuration is currently not supported",
    ],
  }),
  "host_id of a host that does not exist": () => ({
    fields: { placement: { tenancy: "host", host_id: "h-0123456789abcdef0" } },
    finding: [
      "dedicated-host.exists",
      "DEDICATED_HOST_NOT_FOUND",
      "The host ID 'h-0123456789abcdef0' does not exist",
    ],
  }),
  "host_id of a host for another type": (region) => ({
    fields: {
      placement: {
        tenancy: "host",
        host_id: region.addHost({ zone: ZONE, instanceType: "m7i.xlarge" }),
      },
    },
    finding: [
      "permission.launch",
      "NOT_OFFERED_HERE",
      /UnsupportedInstanceTypeOnHost: .* which is for m7i\.xlarge/,
    ],
  }),
};

const REFUSED_AT_LAUNCH: Ec2FieldTables["REFUSED_AT_LAUNCH"] = {
  "host_id: a host without room"(region) {
    const host_id = region.addHost({ zone: ZONE, instanceType: "m7i.large", machines: 0 });
    return {
      fields: { placement: { tenancy: "host", host_id } },
      error: {
        reason: "INSUFFICIENT_CAPACITY",
        message: expect.stringContaining(`Dedicated host ${host_id} has insufficient capacity`),
        remedy: expect.stringContaining("Allocate another Dedicated Host for the machine type"),
      },
    };
  },
  "host_id: a host that was released"(region) {
    const host_id = region.addHost({ zone: ZONE, instanceType: "m7i.large" });
    return {
      fields: { placement: { tenancy: "host", host_id } },
      change: () => region.releaseHost(host_id),
      error: { reason: "DEDICATED_HOST_NOT_FOUND" },
    };
  },
  "tenancy: no host with auto-placement"(region) {
    region.addHost({ zone: ZONE, instanceType: "m7i.large" });
    return {
      fields: { placement: { tenancy: "host" } },
      error: {
        reason: "NOT_OFFERED_HERE",
        message: expect.stringContaining("You do not have a host with a matching configuration"),
        remedy: expect.stringContaining("host_id of this type in the subnet's zone"),
      },
    };
  },
};

const REJECTED: Ec2FieldTables["REJECTED"] = [
  [{ tenancy: "shared" }, "tenancy: must be one of default, dedicated, host"],
  [{ host_id: "h-1" }, "host_id: needs tenancy: host"],
  [
    { tenancy: "host", capacity_reservation: { id: "cr-0123456789abcdef0" } },
    "capacity_reservation: cannot be used on Dedicated Hosts: remove it, or set tenancy",
  ],
  [{ tenancy: "dedicated", host_id: "h-1" }, "host_id: needs tenancy: host"],
  [{ tenancy: "host", host_id: "i-1" }, "host_id: must be an id such as h-0abc123def4567890"],
  [{ tenancy: "host", market: "SPOT" }, "tenancy: must not be host with market SPOT: "],
  [
    { tenancy: "host", market: "SPOT_THEN_ON_DEMAND" },
    "tenancy: must not be host with market SPOT_THEN_ON_DEMAND: ",
  ],
];

describe("the fields of an EC2 placement about tenancy", () => {
  let commands: Ec2Commands;
  beforeAll(async () => {
    commands = await openEc2Commands();
  }, 60_000);
  afterAll(() => commands[Symbol.asyncDispose]());

  testEc2Fields(() => commands, { APPLIED, REFUSED, REFUSED_AT_LAUNCH, REJECTED });

  it("warns of a VPC whose tenancy overrides tenancy: default", SLOW, async () => {
    const { region, ec2 } = commands;
    const vpcId = region.addVpc({ instanceTenancy: "dedicated" });
    const dedicated = [region.addSubnet({ zone: ZONE, vpcId })];
    const checkOf = async (placement: JsonObject) => {
      const plan = await commands.json("resolve", await commands.records({ placement }));
      return resolved.parse(plan).checks.find(({ name }) => name === "tenancy.vpc");
    };
    expect(await checkOf({ tenancy: "default", subnet_ids: dedicated })).toMatchObject({
      outcome: "warning",
      message: `every machine in ${vpcId} is a Dedicated Instance, although the placement has tenancy: default`,
    });
    expect(await checkOf({ tenancy: "default" })).toMatchObject({ outcome: "passed" });
    ec2.deny("ec2:DescribeVpcs", FAKE_ACCOUNT);
    expect(await checkOf({ tenancy: "default" })).toMatchObject({
      outcome: "skipped",
      message: expect.stringContaining("UnauthorizedOperation"),
    });
    expect(await checkOf({ tenancy: "dedicated" })).toBeUndefined();
  });

  it("accepts a host together with a preference that requires no reservation", async () => {
    const aws = { tenancy: "host", capacity_reservation: { preference: "none" } };
    expect(await commands.placement("host-only", aws)).toMatchObject({ exitCode: 0 });
  });

  it("places machines on a host with auto-placement", SLOW, async () => {
    const host_id = commands.region.addHost({
      zone: ZONE,
      instanceType: "m7i.large",
      autoPlacement: true,
    });
    const workspace = await commands.records({ placement: { tenancy: "host" } });
    await commands.json("spawn", workspace, "--id", workspace);
    expect(commands.sent("launch")).not.toHaveProperty("Placement.HostId");
    expect(await commands.json("describe", workspace)).toMatchObject({
      machine: { settings: { tenancy: "host", host_id } },
    });
    commands.region.releaseHost(host_id);
  });
});
