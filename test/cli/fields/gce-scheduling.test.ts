import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { failures, PROJECT } from "../support/gce-cli.ts";
import { printedError } from "../support/printed-error.ts";
import { openGceCommands, PLAIN_IMAGE, SEV_IMAGE } from "./support/gce-fields.ts";
import type { GceCommands, GceFields } from "./support/gce-fields.ts";

const SPOT_FIRST = { market: "SPOT_THEN_ON_DEMAND" } as const;

let commands: GceCommands;
beforeAll(async () => {
  commands = await openGceCommands();
});
afterAll(async () => {
  await commands[Symbol.asyncDispose]();
});

/** One field: what the record says, what Compute Engine has, and what `describe` prints of it. */
interface Applied {
  readonly fields: GceFields;
  /** Of the instance. */
  readonly wire: JsonObject;
  readonly described: JsonObject;
  /** JSON pointer into the plan, and the record and field that are its source. */
  readonly source: readonly [string, RegExp];
}

const APPLIED: Readonly<Record<string, Applied>> = {
  market: {
    fields: { placement: { market: "SPOT" } },
    wire: {
      scheduling: {
        provisioningModel: "SPOT",
        onHostMaintenance: "TERMINATE",
        automaticRestart: false,
        instanceTerminationAction: "STOP",
      },
    },
    described: { market: "SPOT", termination_action: "STOP" },
    source: ["/target/market", /^placement w-\S+ generation 1 target\.gcp\.market$/],
  },
  termination_action: {
    fields: { placement: { market: "SPOT", termination_action: "DELETE" } },
    wire: { scheduling: { provisioningModel: "SPOT", instanceTerminationAction: "DELETE" } },
    described: { market: "SPOT", termination_action: "DELETE" },
    source: ["/target/termination_action", /target\.gcp\.termination_action$/],
  },
  on_host_maintenance: {
    fields: { placement: { on_host_maintenance: "TERMINATE" } },
    wire: { scheduling: { onHostMaintenance: "TERMINATE", automaticRestart: true } },
    described: { market: "ON_DEMAND", on_host_maintenance: "TERMINATE" },
    source: ["/target/on_host_maintenance", /target\.gcp\.on_host_maintenance$/],
  },
  automatic_restart: {
    fields: { placement: { automatic_restart: false } },
    wire: { scheduling: { onHostMaintenance: "MIGRATE", automaticRestart: false } },
    described: { on_host_maintenance: "MIGRATE", automatic_restart: false },
    source: ["/target/automatic_restart", /target\.gcp\.automatic_restart$/],
  },
  shielded: {
    fields: { placement: { shielded: { secure_boot: true, integrity_monitoring: false } } },
    wire: {
      shielded: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: false },
    },
    described: { shielded: { secure_boot: true, vtpm: true, integrity_monitoring: false } },
    source: ["/target/shielded", /target\.gcp\.shielded$/],
  },
  confidential: {
    fields: {
      placement: { confidential: { type: "SEV_SNP" } },
      machineTypes: ["n2d-standard-2"],
    },
    wire: { confidentialType: "SEV_SNP", scheduling: { onHostMaintenance: "TERMINATE" } },
    described: { confidential: { type: "SEV_SNP" }, on_host_maintenance: "TERMINATE" },
    source: ["/target/confidential", /target\.gcp\.confidential$/],
  },
  "confidential, and migrating": {
    fields: {
      placement: { confidential: { type: "SEV" }, on_host_maintenance: "MIGRATE" },
      machineTypes: ["n2d-standard-2"],
    },
    wire: { confidentialType: "SEV", scheduling: { onHostMaintenance: "MIGRATE" } },
    described: { confidential: { type: "SEV" }, on_host_maintenance: "MIGRATE" },
    source: ["/settings/instance/on_host_maintenance", /^placement on_host_maintenance$/],
  },
};

/** A placement that Compute Engine refuses, with the finding of the dry run. */
interface Refused {
  readonly fields: GceFields;
  readonly check: string;
  readonly reason: string;
  readonly words: RegExp;
  /** The field that the remedy names. */
  readonly remedy: RegExp;
}

const REFUSED: Readonly<Record<string, Refused>> = {
  "on_host_maintenance MIGRATE of a machine with GPUs": {
    fields: { placement: { on_host_maintenance: "MIGRATE" }, machineTypes: ["g2-standard-4"] },
    check: "machine-type.maintenance",
    reason: "MAINTENANCE_UNSUPPORTED",
    words: /g2-standard-4 does not support live migration, because it comes with 1 × nvidia-l4/,
    remedy: /^Set on_host_maintenance of the placement to TERMINATE/,
  },
  "on_host_maintenance TERMINATE of E2": {
    fields: { placement: { on_host_maintenance: "TERMINATE" }, machineTypes: ["e2-standard-2"] },
    check: "machine-type.maintenance",
    reason: "MAINTENANCE_UNSUPPORTED",
    words: /e2 instances do not support onHostMaintenance=TERMINATE unless they are preemptible/,
    remedy: /^Set on_host_maintenance of the placement to MIGRATE/,
  },
  "on_host_maintenance MIGRATE of a confidential C4D": {
    fields: {
      placement: { confidential: { type: "SEV" }, on_host_maintenance: "MIGRATE" },
      machineTypes: ["c4d-standard-4"],
    },
    check: "machine-type.maintenance",
    reason: "MAINTENANCE_UNSUPPORTED",
    words: /c4d-standard-4 does not support live migration, because it is confidential with SEV/,
    remedy: /^Set on_host_maintenance of the placement to TERMINATE/,
  },
  "on_host_maintenance MIGRATE of a confidential machine whose image does not migrate": {
    fields: {
      placement: { confidential: { type: "SEV" }, on_host_maintenance: "MIGRATE" },
      machineTypes: ["n2d-standard-2"],
      image: SEV_IMAGE,
    },
    check: "machine-type.maintenance",
    reason: "MAINTENANCE_UNSUPPORTED",
    words: /its image has no guest feature SEV_LIVE_MIGRATABLE_V2/,
    remedy: /^Set on_host_maintenance of the placement to TERMINATE/,
  },
  shielded: {
    fields: { placement: { shielded: { secure_boot: true } }, image: PLAIN_IMAGE },
    check: "image.shielded",
    reason: "IMAGE_UNSUPPORTED",
    words: /images\/plain has no guest feature UEFI_COMPATIBLE, which shielded .* needs/,
    remedy: /UEFI_COMPATIBLE, or change shielded/,
  },
  "confidential, of the image": {
    fields: {
      placement: { confidential: { type: "SEV_SNP" } },
      machineTypes: ["n2d-standard-2"],
      image: PLAIN_IMAGE,
    },
    check: "image.confidential",
    reason: "IMAGE_UNSUPPORTED",
    words: /images\/plain has no guest feature SEV_SNP_CAPABLE/,
    remedy: /SEV_SNP_CAPABLE, or change confidential/,
  },
  "confidential, of the machine type": {
    fields: { placement: { confidential: { type: "TDX" } }, machineTypes: ["n2d-standard-2"] },
    check: "machine-type.confidential",
    reason: "CONFIDENTIAL_UNSUPPORTED",
    words: /n2d-standard-2 does not make confidential machines with TDX/,
    remedy: /c3-standard-…, a3-highgpu-1g/,
  },
};

describe("a field of a placement on Compute Engine", () => {
  it.each(Object.entries(APPLIED))(
    "%s is on the wire, in the plan with its source, and in describe",
    async (name, { fields, wire, described, source: [pointer, source] }) => {
      const workspace = await commands.records(fields);
      const id = `applied-${name.replaceAll(/[^a-z]+/g, "-")}`;
      await commands.json("spawn", workspace, "--id", id);
      expect(commands.instance(id)).toMatchObject(wire);
      expect(await commands.json("describe", id)).toMatchObject({
        machine: { settings: described },
        plan: { sources: { [pointer]: expect.stringMatching(source) } },
      });
    },
  );

  it("is absent from the plan and from the wire without it", async () => {
    const workspace = await commands.records({});
    const plan = await commands.json("resolve", workspace);
    const fields = Object.values(APPLIED).map(({ source: [pointer] }) => pointer.split("/")[2]);
    expect(Object.keys(Object(plan)["target"])).not.toEqual(
      expect.arrayContaining([expect.toBeOneOf(fields)]),
    );
  });
});

describe("the dry run refuses", () => {
  it.each(Object.entries(REFUSED))("%s", async (_name, refused) => {
    const workspace = await commands.records(refused.fields);
    const { exitCode, error } = await commands.refused(["resolve", workspace]);
    expect(exitCode).toBe(3);
    expect(failures(error)).toEqual({ [refused.check]: refused.reason });
    expect(error.checks?.find(({ name }) => name === refused.check)).toMatchObject({
      outcome: "failed",
      message: expect.stringMatching(refused.words),
      remedy: expect.stringMatching(refused.remedy),
    });
  });
});

describe("a refusal that concerns some of the candidates", () => {
  it("leaves the machine types that can have the maintenance", async () => {
    const workspace = await commands.records({
      placement: { on_host_maintenance: "MIGRATE" },
      machineTypes: ["g2-standard-4", "n2-standard-4"],
    });
    expect(await resolved(workspace)).toMatchObject({
      candidates: [
        {
          machine_type: "g2-standard-4",
          verdict: "rejected",
          reason: expect.stringMatching(/live migration/),
        },
        { machine_type: "g2-standard-4", verdict: "rejected" },
        { machine_type: "n2-standard-4", verdict: "eligible" },
        { machine_type: "n2-standard-4", verdict: "eligible" },
      ],
      checks: expect.arrayContaining([
        expect.objectContaining({ name: "machine-type.maintenance", outcome: "warning" }),
      ]),
    });
  });

  it("leaves spot machines, which never migrate", async () => {
    const workspace = await commands.records({
      placement: { ...SPOT_FIRST, on_host_maintenance: "MIGRATE" },
      machineTypes: ["g2-standard-4"],
    });
    expect(await resolved(workspace)).toMatchObject({
      candidates: [
        { market: "spot", verdict: "eligible" },
        { market: "spot", verdict: "eligible" },
        { market: "on-demand", verdict: "rejected" },
        { market: "on-demand", verdict: "rejected" },
      ],
    });
  });

  it("leaves the machine types with the confidential technology", async () => {
    const workspace = await commands.records({
      placement: { confidential: { type: "SEV" } },
      machineTypes: ["n2-standard-4", "n2d-standard-4"],
    });
    expect(await resolved(workspace)).toMatchObject({
      candidates: [
        {
          machine_type: "n2-standard-4",
          verdict: "rejected",
          reason: expect.stringMatching(/with SEV/),
        },
        { machine_type: "n2-standard-4", verdict: "rejected" },
        { machine_type: "n2d-standard-4", verdict: "eligible" },
        { machine_type: "n2d-standard-4", verdict: "eligible" },
      ],
    });
  });
});

/** The dry run cannot know: the tables lack the series. */
const REFUSED_AT_LAUNCH: readonly (readonly [JsonObject, string, RegExp, RegExp])[] = [
  [
    { on_host_maintenance: "MIGRATE" },
    "MAINTENANCE_UNSUPPORTED",
    /Instances of machine type z9-standard-2 do not support live migration/,
    /on_host_maintenance/,
  ],
  [
    { confidential: { type: "TDX" } },
    "CONFIDENTIAL_UNSUPPORTED",
    /Confidential Instance Config is only supported for compatible machine types/,
    /confidential/,
  ],
];

describe("the launch is refused, and no other zone is asked,", () => {
  it.each(REFUSED_AT_LAUNCH)("with %j", async (placement, reason, words, remedy) => {
    const workspace = await commands.records({ placement, machineTypes: ["z9-standard-2"] });
    const before = commands.changes().length;
    const { stderr } = await commands.run(["spawn", workspace, "-o", "json"]);
    expect(printedError({ stderr })).toMatchObject({
      reason,
      blast_radius: "type-in-market",
      message: expect.stringMatching(words),
      remedy: expect.stringMatching(remedy),
    });
    expect(commands.changes()).toHaveLength(before + 1);
  });
});

async function resolved(workspace: string): Promise<unknown> {
  const { stdout } = await commands.run(["resolve", workspace, "-o", "json"]);
  return JSON.parse(stdout);
}

const ON_DEMAND = { scheduling: { provisioningModel: "STANDARD" } };

describe("a placement that prefers the spot market", () => {
  it("launches on demand in the first zone once every zone's spot machines are out of stock", async () => {
    for (const zone of ["us-central1-a", "us-central1-b"])
      commands.gce.setCapacity({ machineType: "n2-standard-4", zone, market: "spot", machines: 0 });
    expect(await spawned("stock", ["n2-standard-4"])).toMatchObject({
      attempts: [
        { place: "us-central1-a", reason: "INSUFFICIENT_CAPACITY" },
        { place: "us-central1-b", reason: "INSUFFICIENT_CAPACITY" },
        { place: "us-central1-a", outcome: "accepted" },
      ],
      events: expect.arrayContaining([
        event(/does not have enough resources.*; launching in us-central1-b on the spot market$/),
        event(/does not have enough resources.*; launching in us-central1-a on demand$/),
      ]),
    });
    expect(commands.instance("stock")).toMatchObject(ON_DEMAND);
  });

  it("remembers which market was out of stock", async () => {
    expect(await spawned("later", ["n2-standard-4"])).toMatchObject({
      attempts: [{ place: "us-central1-a", outcome: "accepted" }],
    });
    expect(commands.instance("later")).toMatchObject(ON_DEMAND);
  });

  it("tries no other zone if the quota of spot machines is used up", async () => {
    const region = "us-central1";
    commands.gce.setQuota({ project: PROJECT, region, metric: "PREEMPTIBLE_CPUS", limit: 1 });
    expect(await spawned("quota", ["n2d-standard-2"])).toMatchObject({
      attempts: [
        { place: "us-central1-a", reason: "QUOTA_EXCEEDED" },
        { place: "us-central1-a", outcome: "accepted" },
      ],
      events: expect.arrayContaining([
        event(
          /Quota 'PREEMPTIBLE_CPUS' exceeded. Limit: 1.0 .*; launching in us-central1-a on demand$/,
        ),
      ]),
    });
    expect(commands.instance("quota")).toMatchObject(ON_DEMAND);
  });
});

async function spawned(id: string, machineTypes: readonly string[]): Promise<unknown> {
  const workspace = await commands.records({ placement: SPOT_FIRST, machineTypes });
  // The refusals before the launch are warnings.
  await commands.run(["spawn", workspace, "--id", id]);
  return await commands.json("describe", id);
}

function event(words: RegExp): unknown {
  return expect.objectContaining({ message: expect.stringMatching(words) });
}
