import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { fieldOf } from "../../support/engine-client.ts";
import { FAKE_ACCOUNT } from "../support/ec2-cli.ts";
import { openEc2Commands } from "./support/ec2-fields.ts";
import type { Ec2Commands } from "./support/ec2-fields.ts";

const SLOW = { timeout: 60_000 };
const KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const DISABLED = "alias/disabled";
const DENIED = "alias/denied";

/** The disk-type records of all cases, by name: `spec.aws`. */
const DISK_TYPES: Readonly<Record<string, JsonObject>> = {
  everything: { volume_type: "gp3", iops: 6000, throughput: 500, kms_key_id: KEY },
  fast: { volume_type: "gp3", iops: 6000, throughput: 500 },
  fastest: { volume_type: "io2", iops: 20_000 },
  "secret-by-default": { volume_type: "gp3", encrypted: true },
  archive: { volume_type: "sc1" },
  "io2-without-iops": { volume_type: "io2" },
  unheard: { volume_type: "gp9" },
  "disabled-key": { volume_type: "gp3", kms_key_id: DISABLED },
  "denied-key": { volume_type: "gp3", kms_key_id: DENIED },
};

/** The environment of one machine that has all fields. */
const ENVIRONMENT: JsonObject = {
  disk_type_ref: "everything",
  disk_size_gb: 100,
  keep_disk_on_termination: true,
  data_disks: [
    { name: "scratch", disk_type_ref: "fastest", size_gb: 40 },
    { name: "results", disk_type_ref: "secret-by-default", size_gb: 10, keep_on_termination: true },
    { name: "plain", size_gb: 5 },
  ],
};

/** A disk: what EC2 is sent in `BlockDeviceMapping`, what `describe` reads back, and what the plan says. */
interface Applied {
  readonly wire: Readonly<Record<string, string>>;
  readonly described: JsonObject;
  readonly setting: readonly [pointer: string, value: JsonObject];
  readonly source: string;
}

const OF_DATA_DISK = "device: a name that the image does not use";

const APPLIED: Readonly<Record<string, Applied>> = {
  "the root disk: iops, throughput, kms_key_id and keep_disk_on_termination": {
    wire: {
      "1.DeviceName": "/dev/xvda",
      "1.Ebs.VolumeSize": "100",
      "1.Ebs.VolumeType": "gp3",
      "1.Ebs.Iops": "6000",
      "1.Ebs.Throughput": "500",
      "1.Ebs.Encrypted": "true",
      "1.Ebs.KmsKeyId": KEY,
      "1.Ebs.DeleteOnTermination": "false",
    },
    described: {
      device: "/dev/xvda",
      size_gb: 100,
      volume_type: "gp3",
      iops: 6000,
      throughput: 500,
      encrypted: true,
      kms_key_id: KEY,
      keep_on_termination: true,
    },
    setting: [
      "root_volume",
      {
        size_gb: 100,
        type: "gp3",
        iops: 6000,
        throughput: 500,
        encrypted: true,
        kms_key_id: KEY,
        delete_on_termination: false,
      },
    ],
    source:
      "disk-type everything generation 1 spec.aws.iops, spec.aws.throughput, spec.aws.kms_key_id; environment NAME generation 1 keep_disk_on_termination",
  },
  "a data disk with iops": {
    wire: {
      "2.DeviceName": "/dev/sdf",
      "2.Ebs.VolumeSize": "40",
      "2.Ebs.VolumeType": "io2",
      "2.Ebs.Iops": "20000",
      "2.Ebs.DeleteOnTermination": "true",
    },
    described: {
      device: "/dev/sdf",
      size_gb: 40,
      volume_type: "io2",
      iops: 20_000,
      encrypted: false,
      keep_on_termination: false,
    },
    setting: [
      "data_volumes/0",
      {
        name: "scratch",
        device: "/dev/sdf",
        size_gb: 40,
        type: "io2",
        iops: 20_000,
        delete_on_termination: true,
      },
    ],
    source: `environment NAME generation 1 data_disks[0]; disk-type fastest generation 1 spec; ${OF_DATA_DISK}`,
  },
  "a data disk with the account's key that stays": {
    wire: {
      "3.DeviceName": "/dev/sdg",
      "3.Ebs.Encrypted": "true",
      "3.Ebs.DeleteOnTermination": "false",
    },
    described: {
      device: "/dev/sdg",
      encrypted: true,
      kms_key_id: `arn:aws:kms:us-east-1:${FAKE_ACCOUNT}:alias/aws/ebs`,
      keep_on_termination: true,
    },
    setting: [
      "data_volumes/1",
      {
        name: "results",
        device: "/dev/sdg",
        size_gb: 10,
        type: "gp3",
        encrypted: true,
        delete_on_termination: false,
      },
    ],
    source: `environment NAME generation 1 data_disks[1]; disk-type secret-by-default generation 1 spec; ${OF_DATA_DISK}`,
  },
  "a data disk without a disk type": {
    wire: { "4.DeviceName": "/dev/sdh", "4.Ebs.VolumeType": "gp3", "4.Ebs.VolumeSize": "5" },
    described: { device: "/dev/sdh", volume_type: "gp3", iops: 3000, encrypted: false },
    setting: [
      "data_volumes/2",
      {
        name: "plain",
        device: "/dev/sdh",
        size_gb: 5,
        type: "gp3",
        delete_on_termination: true,
      },
    ],
    source: `environment NAME generation 1 data_disks[2]; default disk type; ${OF_DATA_DISK}`,
  },
};

/** What a dry run finds: the failed check, its reason and some of its words. */
const REFUSED: Readonly<Record<string, readonly [JsonObject, readonly [string, string, RegExp]]>> =
  {
    "more IOPS than the root volume has room for": [
      { disk_type_ref: "fastest", disk_size_gb: 10 },
      [
        "volume.performance",
        "RESOURCE_VALUE_REFUSED",
        /20000 IOPS need 20 GiB, but it has 10: io2 gives at most 1000/,
      ],
    ],
    "io2 without iops": [
      { disk_type_ref: "io2-without-iops" },
      ["volume.type", "RESOURCE_VALUE_REFUSED", /type io2 needs a number of IOPS/],
    ],
    "a data disk of io2 without iops": [
      { data_disks: [{ name: "data", disk_type_ref: "io2-without-iops", size_gb: 10 }] },
      ["data-disks.type", "RESOURCE_VALUE_REFUSED", /data disk data: .* needs a number of IOPS/],
    ],
    "a data disk of a type that does not exist": [
      { data_disks: [{ name: "data", disk_type_ref: "unheard", size_gb: 10 }] },
      ["data-disks.type", "DISK_TYPE_NOT_FOUND", /data disk data: EC2 has no volume type gp9/],
    ],
    "a data disk that is too small for its type": [
      { data_disks: [{ name: "data", disk_type_ref: "archive", size_gb: 100 }] },
      ["data-disks.size", "RESOURCE_VALUE_REFUSED", /sc1 volumes have 125 to 16384 GiB/],
    ],
    "more IOPS than a data disk has room for": [
      { data_disks: [{ name: "data", disk_type_ref: "fast", size_gb: 11 }] },
      ["data-disks.performance", "RESOURCE_VALUE_REFUSED", /6000 IOPS need 12 GiB, but it has 11/],
    ],
    "more data disks than the machine type takes": [
      { data_disks: Array.from({ length: 27 }, (_, at) => ({ name: `d${at}`, size_gb: 1 })) },
      ["data-disks.attachments", "RESOURCE_VALUE_REFUSED", /28 volumes, but m7i\.large takes 27/],
    ],
    "what only EC2 knows": [
      { disk_size_gb: 70_000, disk_type_ref: "fast" },
      ["permission.launch", "CLOUD_REQUEST_REFUSED", /Volume of 70000GiB is invalid/],
    ],
  };

/** What EC2 finds out only after it has accepted the launch. */
const ENDED: Readonly<Record<string, readonly [JsonObject, readonly [string, RegExp, RegExp]]>> = {
  "a disabled key of the root volume": [
    { disk_type_ref: "disabled-key" },
    [
      "DISK_KEY_UNUSABLE",
      /Client\.InvalidKMSKey\.InvalidState: The KMS key provided is in an incorrect state/,
      /Enable the key/,
    ],
  ],
  "a key of a data disk that the launcher may not use": [
    { data_disks: [{ name: "data", disk_type_ref: "denied-key", size_gb: 1 }] },
    ["MACHINE_NOT_STARTED", /Client\.InternalError: Client error on launch/, /whose key/],
  ],
  "more storage than the account's quota": [
    { data_disks: [{ name: "data", size_gb: 60_000 }] },
    ["QUOTA_EXCEEDED", /Client\.VolumeLimitExceeded: Volume limit exceeded/, /Raise the quota/],
  ],
};

describe("the disks of an EC2 environment", () => {
  let commands: Ec2Commands;
  /** The one with all fields. */
  let workspace: string;
  let spawn: unknown;
  let sent: Readonly<Record<"dry run" | "launch", Readonly<Record<string, string>>>>;
  beforeAll(async () => {
    commands = await openEc2Commands();
    for (const [name, aws] of Object.entries(DISK_TYPES)) {
      const { exitCode, stderr } = await commands.set("disk-type", { name, spec: { aws } });
      if (exitCode !== 0) throw new Error(stderr);
    }
    workspace = await commands.records({ environment: ENVIRONMENT });
    await commands.json("spawn", workspace, "--id", workspace);
    sent = { "dry run": sentVolumes("dry run"), launch: sentVolumes("launch") };
    spawn = await commands.json("describe", workspace);
    const account = commands.ec2.account(FAKE_ACCOUNT);
    account.setUnusableKey(DISABLED, "disabled");
    account.setUnusableKey(DENIED, "denied");
    account.setVolumeQuota(50_000);
  }, 60_000);
  afterAll(() => commands[Symbol.asyncDispose]());

  /** The part of the last request that is about volumes. */
  function sentVolumes(kind: "dry run" | "launch"): Readonly<Record<string, string>> {
    const prefix = "BlockDeviceMapping.";
    return Object.fromEntries(
      Object.entries(commands.sent(kind))
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  }

  it.each(Object.entries(APPLIED))(
    "%s: reaches EC2, and describe reads it back",
    (_name, { wire, described, setting, source }) => {
      expect(sent["dry run"]).toMatchObject(wire);
      expect(sent.launch).toMatchObject(wire);
      expect(fieldOf(spawn, "machine", "settings", "disks")).toEqual(
        expect.arrayContaining([expect.objectContaining(described)]),
      );
      const [pointer, value] = setting;
      const settings = fieldOf(spawn, "plan", "settings", "instance");
      expect(fieldOf(settings, ...pointer.split("/"))).toEqual(value);
      expect(fieldOf(spawn, "plan", "sources", `/settings/instance/${pointer}`)).toBe(
        source.replace("NAME", workspace),
      );
    },
  );

  it.each(Object.entries(REFUSED))("%s: the dry run refuses it", SLOW, async (_name, refused) => {
    const [environment, [name, reason, words]] = refused;
    const { checks } = await commands.refused("resolve", await commands.records({ environment }));
    expect(checks?.filter(({ outcome }) => outcome === "failed")).toEqual([
      expect.objectContaining({ name, reason, message: expect.stringMatching(words) }),
    ]);
  });

  it.each(Object.entries(ENDED))(
    "%s: the machine ends right after its launch, with EC2's words",
    SLOW,
    async (_name, [environment, [reason, words, remedy]]) => {
      const name = await commands.records({ environment });
      await commands.json("resolve", name);
      expect(await commands.refused("spawn", name)).toMatchObject({
        reason,
        message: expect.stringMatching(words),
        remedy: expect.stringMatching(remedy),
      });
    },
  );

  it(
    "says what stays and costs money, keeps it, and does not take it for a leftover",
    SLOW,
    async () => {
      expect(spawn).toMatchObject({
        plan: {
          checks: expect.arrayContaining([
            expect.objectContaining({
              name: "volume.termination",
              outcome: "passed",
              message:
                "/dev/xvda (100 GiB gp3) and /dev/sdg (10 GiB gp3) will stay after the machine's termination, and cost money until you delete them: the environment has keep_disk_on_termination: true and data disk results has keep_on_termination: true",
            }),
          ]),
        },
      });
      await commands.json("terminate", workspace);
      const left = () =>
        commands.region
          .volumes()
          .filter(({ instanceId }) => instanceId === fieldOf(spawn, "machine", "id"))
          .map(({ device, isAttached }) => [device, isAttached]);
      await expect.poll(left).toEqual([
        ["/dev/xvda", false],
        ["/dev/sdg", false],
      ]);
      for (const _pass of ["mark", "remove"])
        expect(await commands.json("sweep", "--grace", "0s")).toMatchObject({
          suspects: [],
          terminated: [],
        });
      expect(left().length).toBe(2);
    },
  );

  it("reads the volumes of one machine of a batch when it is described", SLOW, async () => {
    const environment = { data_disks: [{ name: "data", size_gb: 3 }] };
    const name = await commands.records({ environment });
    await commands.json("spawn", name, "--count", "2", "--id", name);
    const settings = async (): Promise<unknown> =>
      fieldOf(await commands.json("describe", `${name}-1`), "machine", "settings");
    const disks = [{ device: "/dev/sdf", size_gb: 3 }, { device: "/dev/xvda" }];
    expect(await settings()).toMatchObject({ disks });
  });
});
