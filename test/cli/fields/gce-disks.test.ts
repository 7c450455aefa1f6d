import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { fieldOf } from "../../support/engine-client.ts";
import { PROJECT } from "../support/gce-cli.ts";
import { printedError } from "../support/printed-error.ts";
import { openGceCommands } from "./support/gce-fields.ts";
import type { GceCommands, GceFields } from "./support/gce-fields.ts";

const RING = `projects/${PROJECT}/locations/us-central1/keyRings/disks/cryptoKeys`;
const KEY = `${RING}/agents`;
const DENIED = `${RING}/denied`;
const USE = "cloudkms.cryptoKeyVersions.useToEncrypt";

/** The disk-type records of all cases, by name: `spec.gce`. */
const DISK_TYPES: Readonly<Record<string, JsonObject>> = {
  everything: { disk_type: "hyperdisk-balanced", iops: 10_000, throughput: 500, kms_key: KEY },
  extreme: { disk_type: "hyperdisk-extreme", iops: 60_000 },
  throughput: { disk_type: "hyperdisk-balanced", throughput: 300 },
  slow: { disk_type: "hyperdisk-extreme", iops: 128 },
  ssd: { disk_type: "pd-ssd" },
  unheard: { disk_type: "pd-quantum" },
  few: { disk_type: "hyperdisk-balanced", iops: 2000 },
  "denied-key": { disk_type: "hyperdisk-balanced", kms_key: DENIED },
};

/** The series boots from Hyperdisk alone. */
const N4 = ["n4-standard-2"];

/** The environment of one machine that has all fields. */
const ENVIRONMENT: JsonObject = {
  disk_type_ref: "everything",
  disk_size_gb: 100,
  keep_disk_on_termination: true,
  data_disks: [
    { name: "scratch", disk_type_ref: "extreme", size_gb: 64 },
    { name: "results", disk_type_ref: "everything", size_gb: 20, keep_on_termination: true },
    { name: "plain", size_gb: 10 },
  ],
};

/** A disk: what the fake has made of the request, what `describe` reads back, and its source in the plan. */
interface Applied {
  readonly attached: JsonObject;
  readonly disk: JsonObject;
  readonly described: JsonObject;
  readonly source: readonly [pointer: string, source: string];
}

const PERFORMANCE = { provisionedIops: 10_000, provisionedThroughput: 500 };
const VERSION = `${KEY}/cryptoKeyVersions/1`;

const APPLIED: readonly (readonly [string, Applied])[] = [
  [
    "the boot disk: iops, throughput, kms_key and keep_disk_on_termination",
    {
      attached: { boot: true, autoDelete: false },
      disk: {
        type: "hyperdisk-balanced",
        sizeGb: 100,
        ...PERFORMANCE,
        kmsKeyVersion: VERSION,
      },
      described: {
        size_gb: 100,
        disk_type: "hyperdisk-balanced",
        iops: 10_000,
        throughput: 500,
        kms_key: VERSION,
        keep_on_termination: true,
      },
      source: [
        "/shape/disk",
        "disk-type everything generation 1 spec.gce.iops, spec.gce.throughput, spec.gce.kms_key",
      ],
    },
  ],
  [
    "a data disk with iops",
    {
      attached: { deviceName: "scratch", boot: false, autoDelete: true },
      disk: {
        type: "hyperdisk-extreme",
        sizeGb: 64,
        provisionedIops: 60_000,
        kmsKeyVersion: null,
      },
      described: { name: "scratch", size_gb: 64, iops: 60_000, keep_on_termination: false },
      source: [
        "/shape/data_disks/0",
        "environment NAME generation 1 data_disks[0]; disk-type extreme generation 1 spec",
      ],
    },
  ],
  [
    "a data disk with a key that stays",
    {
      attached: { deviceName: "results", autoDelete: false },
      disk: { type: "hyperdisk-balanced", sizeGb: 20, ...PERFORMANCE, kmsKeyVersion: VERSION },
      described: { name: "results", kms_key: VERSION, keep_on_termination: true },
      source: [
        "/shape/data_disks/1",
        "environment NAME generation 1 data_disks[1]; disk-type everything generation 1 spec",
      ],
    },
  ],
  [
    "a data disk without a disk type, which is the type that the series boots from",
    {
      attached: { deviceName: "plain", autoDelete: true },
      disk: { type: "hyperdisk-balanced", sizeGb: 10, provisionedIops: null },
      described: { name: "plain", disk_type: "hyperdisk-balanced", size_gb: 10 },
      source: ["/settings/instance/data_disk_type", "default: the first that n4-standard-2 takes"],
    },
  ],
];

/** What a dry run finds: the failed check, its reason and some of its words. */
const REFUSED: Readonly<Record<string, readonly [GceFields, readonly [string, string, RegExp]]>> = {
  "more IOPS than the boot disk has room for": [
    { machineTypes: N4, environment: { disk_type_ref: "everything", disk_size_gb: 15 } },
    [
      "volume.performance",
      "RESOURCE_VALUE_REFUSED",
      /10000 IOPS need 20 GiB, but it has 15: hyperdisk-balanced gives at most 500/,
    ],
  ],
  "fewer IOPS than a data disk of the size has": [
    {
      machineTypes: N4,
      environment: { data_disks: [{ name: "data", disk_type_ref: "few", size_gb: 10 }] },
    },
    [
      "data-disks.performance",
      "RESOURCE_VALUE_REFUSED",
      /data disk data: 2000 IOPS are too few: .* has at least 3000/,
    ],
  ],
  "a data disk of a type that no zone has": [
    { environment: { data_disks: [{ name: "data", disk_type_ref: "unheard", size_gb: 10 }] } },
    ["data-disks.type", "DISK_TYPE_NOT_FOUND", /no zone of the placement .* pd-quantum/],
  ],
  "a data disk that is too small for its type": [
    { environment: { data_disks: [{ name: "data", disk_type_ref: "ssd", size_gb: 9 }] } },
    ["data-disks.size", "RESOURCE_VALUE_REFUSED", /data disk data has 9 GB, .* 10 to 65536/],
  ],
  "a Persistent Disk on a series that takes none": [
    {
      machineTypes: N4,
      environment: { data_disks: [{ name: "data", disk_type_ref: "ssd", size_gb: 10 }] },
    },
    [
      "data-disks.machine-type",
      "DISK_TYPE_UNSUPPORTED",
      /n4-standard-2 takes no Persistent Disk, which is the type of data disk data/,
    ],
  ],
};

const DENIAL = {
  reason: "DISK_KEY_UNUSABLE",
  message: expect.stringContaining(
    `Cloud KMS error when using key ${DENIED}: Permission '${USE}' denied on resource '${DENIED}' (or it may not exist).`,
  ),
  remedy: expect.stringContaining("compute-system.iam.gserviceaccount.com"),
};

describe("the disks of a Compute Engine environment", () => {
  let commands: GceCommands;
  /** The one with all fields. */
  let workspace: string;
  let spawn: unknown;
  beforeAll(async () => {
    commands = await openGceCommands();
    for (const [name, gce] of Object.entries(DISK_TYPES))
      await commands.set("disk-type", name, JSON.stringify({ name, spec: { gce } }));
    commands.gce.deny({ project: PROJECT, permission: USE, resource: DENIED });
    workspace = await commands.records({ machineTypes: N4, environment: ENVIRONMENT });
    await commands.json("spawn", workspace, "--id", "all-fields");
    spawn = await commands.json("describe", "all-fields");
  }, 60_000);
  afterAll(() => commands[Symbol.asyncDispose]());

  it.each(APPLIED.map(([name, applied], index) => [name, index, applied] as const))(
    "%s: reaches Compute Engine, and describe reads it back",
    (_name, index, { attached, disk, described, source: [pointer, source] }) => {
      const found = commands.instance("all-fields")?.disks[index];
      expect(found).toMatchObject(attached);
      expect(
        commands.gce.disks(PROJECT).find(({ name }) => name === found?.diskName),
      ).toMatchObject(disk);
      expect(fieldOf(spawn, "machine", "settings", "disks", String(index))).toMatchObject(
        described,
      );
      expect(fieldOf(spawn, "plan", "sources", pointer)).toBe(source.replace("NAME", workspace));
    },
  );

  it("are the same for each machine of a bulk insert", async () => {
    const before = commands.changes().length;
    await commands.json("spawn", workspace, "--count", "2", "--id", "bulk");
    expect(commands.changes().slice(before)).toEqual(["instances.bulkInsert"]);
    const machines = commands.gce.instances(PROJECT).filter(({ name }) => name.startsWith("bulk-"));
    expect(machines.map(({ disks }) => disks.map(({ deviceName }) => deviceName))).toEqual(
      machines.map(() => ["persistent-disk-0", "scratch", "results", "plain"]),
    );
    expect(await commands.json("describe", "bulk-1")).toMatchObject({
      machine: { settings: { disks: APPLIED.map(([, { described }]) => described) } },
    });
  });

  it.each(Object.entries(REFUSED))("%s: the dry run refuses it", async (_name, refused) => {
    const [fields, [name, reason, words]] = refused;
    const { error } = await commands.refused(["resolve", await commands.records(fields)]);
    expect(error.checks?.filter(({ outcome }) => outcome === "failed")).toEqual([
      expect.objectContaining({ name, reason, message: expect.stringMatching(words) }),
    ]);
  });

  it.each<readonly [string, JsonObject]>([
    ["the boot disk", { disk_type_ref: "denied-key" }],
    ["a data disk", { data_disks: [{ name: "data", disk_type_ref: "denied-key", size_gb: 10 }] }],
  ])(
    "a key of %s that the service agent may not use: the plan says that it is not known, and the launch has Google's words",
    async (_name, environment) => {
      const name = await commands.records({ machineTypes: N4, environment });
      expect(await commands.json("resolve", name)).toMatchObject({
        checks: expect.arrayContaining([
          expect.objectContaining({ name: "volume.encryption", outcome: "skipped" }),
        ]),
      });
      const before = commands.changes().length;
      const { exitCode, stderr } = await commands.run(["spawn", name, "-o", "json"]);
      expect([exitCode, printedError({ stderr })]).toEqual([3, expect.objectContaining(DENIAL)]);
      // No zone has another key.
      expect(commands.changes().length - before).toBe(1);
    },
  );

  it("IOPS that only Compute Engine knows to be too few: the launch has its words", async () => {
    const environment = { data_disks: [{ name: "data", disk_type_ref: "slow", size_gb: 100 }] };
    const name = await commands.records({ machineTypes: N4, environment });
    const { stderr } = await commands.run(["spawn", name, "-o", "json"]);
    expect(printedError({ stderr })).toMatchObject({
      reason: "RESOURCE_VALUE_REFUSED",
      message: expect.stringContaining("Requested provisioned IOPS cannot be smaller than 200."),
      remedy: expect.stringContaining("iops or throughput in the disk-type record"),
    });
  });

  it("says what stays and costs money, and keeps it", async () => {
    expect(fieldOf(spawn, "plan", "checks")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: "volume.termination",
          outcome: "passed",
          message:
            "the boot disk (keep_disk_on_termination: true in the environment) and data disk results (keep_on_termination: true) will stay after the machine's termination, and cost money until you delete them",
        }),
      ]),
    );
    const before = commands.instance("all-fields")?.disks ?? [];
    const names = new Set(before.map(({ diskName }) => diskName));
    await commands.json("terminate", "all-fields");
    const left = () =>
      commands.gce
        .disks(PROJECT)
        .filter(({ name, goneAt }) => names.has(name) && goneAt === null)
        .map(({ name, user }) => [name, user]);
    const [boot, , results] = before;
    expect(left()).toEqual([boot, results].map((disk) => [disk?.diskName, null]));
  });

  it("gives a boot disk with a throughput the size of its image, without which it may have none", async () => {
    const name = await commands.records({
      machineTypes: N4,
      environment: { disk_type_ref: "throughput" },
    });
    expect(await commands.json("resolve", name)).toMatchObject({
      shape: { disk_size_gb: 0 },
      settings: { instance: { disk_size_gb: 10 } },
    });
  });

  it("leaves plans without the fields as they are", async () => {
    const plan = await commands.json("resolve", await commands.records({}));
    expect(Object.keys(Object(fieldOf(plan, "shape"))).toSorted()).toEqual([
      "disk_size_gb",
      "disk_type",
      "memory_gb",
      "record",
      "vcpus",
    ]);
    expect(Object.keys(Object(fieldOf(plan, "settings", "instance"))).toSorted()).toEqual([
      "disk_size_gb",
      "disk_type",
      "subnetwork",
    ]);
  });
});
