import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import type { Ec2Region } from "../../../testing/ec2/index.ts";
import { fieldOf } from "../../support/engine-client.ts";
import { openEc2Commands } from "./support/ec2-fields.ts";
import type { Ec2Commands, Ec2Fields } from "./support/ec2-fields.ts";

const SLOW = { timeout: 60_000 };

const M7I_IN_A = { instanceType: "m7i.large", zone: "us-east-1a" };

/** One field: the records, what EC2 is sent, and what `describe` reads back of the machine. */
interface Applied extends Ec2Fields {
  readonly wire: Readonly<Record<string, string>>;
  readonly described: JsonObject;
}

const APPLIED: Readonly<Record<string, (region: Ec2Region) => Applied>> = {
  max_price: () => ({
    placement: { market: "SPOT", max_price: "0.05" },
    wire: { "InstanceMarketOptions.SpotOptions.MaxPrice": "0.05" },
    described: { market: "spot", max_price: "0.05" },
  }),
  maintenance: () => ({
    placement: { maintenance: { auto_recovery: "disabled" } },
    wire: { "MaintenanceOptions.AutoRecovery": "disabled" },
    described: { maintenance: { auto_recovery: "disabled" } },
  }),
  confidential: () => ({
    instanceType: "m6a.xlarge",
    placement: { confidential: { amd_sev_snp: true } },
    wire: { "CpuOptions.AmdSevSnp": "enabled" },
    described: { confidential: { amd_sev_snp: true } },
  }),
  capacity_reservation(region) {
    const id = region.addCapacityReservation({ ...M7I_IN_A, machines: 1 });
    return {
      placement: { capacity_reservation: { id } },
      wire: {
        "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId": id,
      },
      described: { capacity_reservation: { id }, capacity_reservation_id: id },
    };
  },
};

/** A refusal: the failed check's name, its reason, and some of the message's words. */
type Finding = readonly [check: string, reason: string, words: string | RegExp];

interface RefusedPlan {
  readonly fields: Ec2Fields;
  readonly finding: Finding;
}

/** What a dry run finds. */
const REFUSED: Readonly<Record<string, (region: Ec2Region) => RefusedPlan>> = {
  "confidential on a type without AMD SEV-SNP": () => ({
    fields: { placement: { confidential: { amd_sev_snp: true } } },
    finding: [
      "machine-type.confidential",
      "CONFIDENTIAL_UNSUPPORTED",
      "m7i.large does not have AMD SEV-SNP",
    ],
  }),
  "capacity_reservation that does not exist": () => ({
    fields: { placement: { capacity_reservation: { id: "cr-0123456789abcdef0" } } },
    finding: [
      "capacity-reservation.exists",
      "RESERVATION_NOT_FOUND",
      "The capacity reservation 'cr-0123456789abcdef0' does not exist",
    ],
  }),
  "capacity_reservation of another zone": (region) =>
    mismatch(
      region.addCapacityReservation({ ...M7I_IN_A, zone: "us-east-1b", machines: 1 }),
      "is in us-east-1b, not in us-east-1a",
    ),
  "capacity_reservation for another type": (region) =>
    mismatch(
      region.addCapacityReservation({ ...M7I_IN_A, instanceType: "c7i.large", machines: 1 }),
      "is for c7i.large, not m7i.large",
    ),
  "capacity_reservation that was cancelled"(region) {
    const id = region.addCapacityReservation({ ...M7I_IN_A, machines: 1 });
    region.changeCapacityReservation(id, { state: "cancelled" });
    return mismatch(id, "is cancelled");
  },
  "capacity_reservation without a free machine"(region) {
    const id = region.addCapacityReservation({ ...M7I_IN_A, machines: 0 });
    return {
      fields: { placement: { capacity_reservation: { id } } },
      finding: [
        "capacity-reservation.available",
        "RESERVATION_FULL",
        `${id} has none of its 0 machines free`,
      ],
    };
  },
};

function mismatch(id: string, why: string): RefusedPlan {
  return {
    fields: { placement: { capacity_reservation: { id } } },
    finding: ["capacity-reservation.matches", "RESERVATION_MISMATCH", `${id} ${why}`],
  };
}

/** What only the launch can know, or what has changed since the plan was saved. */
interface RefusedLaunch {
  readonly fields: Ec2Fields;
  /** The change after the plan was saved. */
  readonly change?: () => void;
  readonly error: JsonObject;
}

const REFUSED_AT_LAUNCH: Readonly<Record<string, (region: Ec2Region) => RefusedLaunch>> = {
  "max_price: below the zone's spot price"(region) {
    const pool = { instanceType: "t3.micro", zone: "us-east-1a" };
    return {
      fields: { instanceType: "t3.micro", placement: { market: "SPOT", max_price: "0.002" } },
      change: () => region.setSpotPrice(pool, { price: 0.004, onDemandPrice: 0.01 }),
      error: {
        code: "RESOURCE_EXHAUSTED",
        reason: "INSUFFICIENT_CAPACITY",
        message: expect.stringContaining(
          "Your Spot request price of 0.002 is lower than the minimum required Spot request fulfillment price of 0.004",
        ),
        remedy: expect.stringContaining("raise or remove max_price of the placement"),
      },
    };
  },
  "capacity_reservation: one that has become full"(region) {
    const id = region.addCapacityReservation({ ...M7I_IN_A, machines: 1 });
    return {
      fields: { placement: { capacity_reservation: { id } } },
      change: () => region.changeCapacityReservation(id, { machines: 0 }),
      error: {
        code: "RESOURCE_EXHAUSTED",
        reason: "RESERVATION_FULL",
        message: expect.stringContaining(
          "The requested reservation does not have sufficient compatible and available capacity",
        ),
        remedy: expect.stringContaining("change capacity_reservation of the placement"),
      },
    };
  },
  "capacity_reservation: a group without a reservation": () => ({
    fields: { placement: { capacity_reservation: { resource_group_arn: GROUP_ARN } } },
    error: { reason: "RESERVATION_FULL" },
  }),
  "capacity_reservation: only reservations, and none matches": () => ({
    fields: {
      instanceType: "t3.micro",
      placement: { capacity_reservation: { preference: "capacity-reservations-only" } },
    },
    error: { reason: "RESERVATION_FULL" },
  }),
};

const GROUP_ARN = "arn:aws:resource-groups:us-east-1:123456789012:group/agents";

const PRICE = 'must be dollars an hour as a quoted decimal number such as "0.05"';

/** Placements that `set` refuses, and the message after the field's path. */
const REJECTED: readonly (readonly [JsonObject, string])[] = [
  [{ market: "SPOT", max_price: 0.05 }, `max_price: ${PRICE}`],
  [{ market: "SPOT", max_price: "5e-2" }, `max_price: ${PRICE}`],
  [{ market: "SPOT", max_price: "-1" }, `max_price: ${PRICE}`],
  [{ market: "SPOT", max_price: "0.001" }, "max_price: must be more than 0.001 dollars an hour"],
  [
    { max_price: "0.05" },
    "max_price: is for the spot market: set market to SPOT or SPOT_THEN_ON_DEMAND, or remove it",
  ],
  [
    { confidential: { amd_sev_snp: false } },
    "confidential.amd_sev_snp: must be true, or leave confidential out",
  ],
  [
    { capacity_reservation: {} },
    "capacity_reservation: must have exactly one of preference, id and resource_group_arn",
  ],
  [
    { capacity_reservation: { preference: "open", id: "cr-01" } },
    "capacity_reservation: must have exactly one of preference, id and resource_group_arn",
  ],
  [
    { capacity_reservation: { preference: "targeted" } },
    "capacity_reservation.preference: must be one of open, none, capacity-reservations-only",
  ],
  [
    { capacity_reservation: { id: "reserved" } },
    "capacity_reservation.id: must be an id such as cr-",
  ],
  [
    { capacity_reservation: { resource_group_arn: "agents" } },
    "capacity_reservation.resource_group_arn: must be an ARN such as arn:aws:resource-groups:",
  ],
  [
    { market: "SPOT", capacity_reservation: { preference: "none" } },
    "capacity_reservation: is for on-demand machines: set market to ON_DEMAND or SPOT_THEN_ON",
  ],
  [{ maintenance: {} }, "maintenance.auto_recovery is required"],
  [
    { maintenance: { auto_recovery: "enabled" } },
    "maintenance.auto_recovery: must be default or disabled",
  ],
];

describe("the fields of an EC2 placement about capacity, price and hardware", () => {
  let commands: Ec2Commands;
  beforeAll(async () => {
    commands = await openEc2Commands();
  }, 60_000);
  afterAll(() => commands[Symbol.asyncDispose]());

  it.each(Object.entries(APPLIED))(
    "%s reaches EC2, and describe reads it back",
    SLOW,
    async (field, make) => {
      const { wire, described, ...fields } = make(commands.region);
      const option = { [field]: fields.placement?.[field] };
      const workspace = await commands.records(fields);
      await commands.json("spawn", workspace, "--id", workspace);
      expect(commands.sent("dry run")).toMatchObject(wire);
      expect(commands.sent("launch")).toMatchObject(wire);
      const spawn = await commands.json("describe", workspace);
      expect(spawn).toMatchObject({
        state: "running",
        machine: { settings: described },
        plan: { target: option, settings: { instance: option } },
      });
      const source = `placement ${workspace} generation 1 target.aws.${field}`;
      for (const pointer of [`/target/${field}`, `/settings/instance/${field}`])
        expect(fieldOf(spawn, "plan", "sources", pointer)).toBe(source);
    },
  );

  it.each(Object.entries(REFUSED))("%s: the dry run finds it", SLOW, async (_name, make) => {
    const { fields, finding } = make(commands.region);
    const [name, reason, words] = finding;
    const { checks } = await commands.refused("resolve", await commands.records(fields));
    expect(checks?.filter(({ outcome }) => outcome === "failed")).toEqual([
      expect.objectContaining({ name, reason, message: expect.stringMatching(words) }),
    ]);
  });

  it("leaves out a type without AMD SEV-SNP if another one has it", async () => {
    const workspace = await commands.records({
      instanceType: ["m7i.large", "m6a.xlarge"],
      placement: { confidential: { amd_sev_snp: true } },
    });
    const why = expect.stringContaining("m7i.large does not have AMD SEV-SNP");
    expect(await commands.json("resolve", workspace)).toMatchObject({
      candidates: [
        { machine_type: "m7i.large", verdict: "rejected", reason: why },
        { machine_type: "m6a.xlarge", verdict: "eligible", reason: null },
      ],
    });
  });

  it.each(Object.entries(REFUSED_AT_LAUNCH))(
    "%s: the launch's refusal has EC2's words",
    SLOW,
    async (_name, make) => {
      const { fields, change, error } = make(commands.region);
      const workspace = await commands.records(fields);
      const plan = commands.file();
      await commands.json("resolve", workspace, "--save", plan);
      change?.();
      expect(await commands.refused("spawn", "--plan", plan)).toMatchObject(error);
    },
  );

  it("a price that the spot market of one zone exceeds leaves the on-demand market", async () => {
    const pool = { instanceType: "t3.micro", zone: "us-east-1a" };
    commands.region.setSpotPrice(pool, { price: 0.004, onDemandPrice: 0.01 });
    const placement = { market: "SPOT_THEN_ON_DEMAND", max_price: "0.002" };
    const workspace = await commands.records({ instanceType: "t3.micro", placement });
    await commands.json("spawn", workspace, "--id", workspace);
    expect(Object.keys(commands.sent("launch")).filter(isOfField)).toEqual([]);
    commands.region.setSpotPrice(pool, null);
  });

  it("a reservation leaves the candidates that match it, and the spot market", async () => {
    const { region } = commands;
    const id = region.addCapacityReservation({ ...M7I_IN_A, zone: "us-east-1b", machines: 2 });
    const placement = {
      market: "SPOT_THEN_ON_DEMAND",
      subnet_ids: ["us-east-1a", "us-east-1b"].map((zone) => region.subnets[zone] ?? ""),
      capacity_reservation: { id },
    };
    const workspace = await commands.records({ placement });
    expect(await commands.json("resolve", workspace)).toMatchObject({
      candidates: [
        { place: "us-east-1a", market: "spot", verdict: "eligible" },
        { place: "us-east-1b", market: "spot", verdict: "eligible" },
        { place: "us-east-1a", market: "on-demand", verdict: "rejected" },
        { place: "us-east-1b", market: "on-demand", verdict: "eligible" },
      ],
    });
    expect(Object.keys(commands.sent("dry run")).filter(isOfReservation)).toEqual([]);
    for (const zone of ["us-east-1a", "us-east-1b"])
      region.setCapacity({ ...M7I_IN_A, zone, market: "spot" }, 0);
    await commands.json("spawn", workspace, "--id", workspace);
    expect(await commands.json("describe", workspace)).toMatchObject({
      machine: { place: "us-east-1b", settings: { capacity_reservation_id: id } },
    });
    for (const zone of ["us-east-1a", "us-east-1b"])
      region.setCapacity({ ...M7I_IN_A, zone, market: "spot" }, null);
  });

  it.each<readonly [string, (region: Ec2Region) => JsonObject, Readonly<Record<string, string>>]>([
    ["a preference", () => ({ preference: "none" }), { CapacityReservationPreference: "none" }],
    [
      "a resource group",
      (region) => {
        const groupArns = [GROUP_ARN];
        region.addCapacityReservation({ ...M7I_IN_A, machines: 1, groupArns });
        return { resource_group_arn: GROUP_ARN };
      },
      { "CapacityReservationTarget.CapacityReservationResourceGroupArn": GROUP_ARN },
    ],
  ])("%s about reservations reaches EC2, and describe reads it back", SLOW, async (...given) => {
    const [, make, wire] = given;
    const reservation = make(commands.region);
    const workspace = await commands.records({ placement: { capacity_reservation: reservation } });
    await commands.json("spawn", workspace, "--id", workspace);
    const sent = Object.entries(commands.sent("launch")).filter(([name]) => isOfReservation(name));
    expect(sent).toEqual(
      Object.entries(wire).map(([name, value]) => [
        `CapacityReservationSpecification.${name}`,
        value,
      ]),
    );
    expect(await commands.json("describe", workspace)).toMatchObject({
      machine: { settings: { capacity_reservation: reservation } },
    });
  });

  it.each(REJECTED)("set refuses %j", async (aws, message) => {
    const { exitCode, stderr } = await commands.placement("rejected", aws);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`target.aws.${message}`);
  });

  it("leaves requests and plans without the fields as they are", SLOW, async () => {
    const workspace = await commands.records({});
    await commands.json("spawn", workspace, "--id", workspace);
    const sent = Object.keys(commands.sent("launch"));
    expect(
      sent.filter((name) => /^(?:Capacity|Cpu|Instance(?!Type)|LaunchT|Maint)/.test(name)),
    ).toEqual([]);
    const spawn = await commands.json("describe", workspace);
    for (const field of Object.keys(APPLIED))
      expect(fieldOf(spawn, "plan", "settings", "instance")).not.toHaveProperty(field);
  });
});

function isOfField(parameter: string): boolean {
  return /^(?:Capacity|Cpu|InstanceMarket|LaunchTemplate|Maintenance)/.test(parameter);
}

function isOfReservation(parameter: string): boolean {
  return parameter.startsWith("CapacityReservation");
}
