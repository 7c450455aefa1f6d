import { describe, expect, it } from "vitest";
import { diskTypeSubstrate } from "../../../src/catalog/kinds.ts";
import { parseBody } from "../../../src/catalog/parse.ts";
import { referencesOf } from "../../../src/catalog/references.ts";
import type { JsonObject } from "../../../src/errors.ts";
import { toSnakeCase } from "../../../src/json/field-case.ts";
import { violations } from "./violations.ts";

describe("a disk type", () => {
  it.each([
    [{ aws: { volume_type: "gp3" } }, "AWS"],
    [{ gce: { disk_type: "pd-ssd" } }, "GCP"],
  ])("has exactly one substrate: %j", (spec, substrate) => {
    expect(diskTypeSubstrate(parseBody("disk-type", { name: "d", spec }))).toBe(substrate);
  });

  it.each([
    [{}, "spec: must have exactly one of aws, gce"],
    [
      { aws: { volume_type: "gp3" }, gce: { disk_type: "pd-ssd" } },
      "spec: must have exactly one of aws, gce",
    ],
    [{ docker: {} }, "unknown field spec.docker"],
  ])("is rejected: %j", (spec, message) => {
    expect(violations("disk-type", { name: "d", spec })).toContain(message);
  });
});

const refused = (spec: JsonObject): unknown => violations("disk-type", { name: "d", spec });

describe("an EBS volume's record", () => {
  it.each<JsonObject>([
    { volume_type: "gp3", iops: 80_000, throughput: 2000 },
    { volume_type: "gp3", throughput: 750 },
    { volume_type: "gp3", iops: 3000 },
    { volume_type: "io1", iops: 64_000 },
    { volume_type: "io2", iops: 256_000 },
    // An image's own volume of the type keeps its IOPS.
    { volume_type: "io2" },
    { volume_type: "gp9", iops: 1, throughput: 1 },
    { volume_type: "gp3", encrypted: true },
    { volume_type: "gp3", kms_key_id: "alias/agents" },
    { volume_type: "gp3", kms_key_id: "1234abcd-12ab-34cd-56ef-1234567890ab" },
    { volume_type: "gp3", kms_key_id: "mrk-1234abcd12ab34cd56ef1234567890ab" },
    {
      volume_type: "gp3",
      kms_key_id: "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    },
    { volume_type: "gp3", kms_key_id: "arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/a/b" },
  ])("is accepted: %j", (aws) => {
    expect(toSnakeCase(parseBody("disk-type", { name: "d", spec: { aws } }))).toEqual({
      name: "d",
      spec: { aws },
    });
  });

  it.each<readonly [JsonObject, string]>([
    [{ iops: 2999 }, "spec.aws.iops: must be from 3000 to 80000 for gp3"],
    [{ iops: 80_001 }, "spec.aws.iops: must be from 3000 to 80000 for gp3"],
    [{ throughput: 124 }, "spec.aws.throughput: must be from 125 to 2000 for gp3"],
    [{ iops: 80_000, throughput: 2001 }, "spec.aws.throughput: must be from 125 to 2000 for gp3"],
    [
      { throughput: 751 },
      "spec.aws.throughput: needs at least 3004 iops for 751 MiB/s: gp3 gives 1 MiB/s for 4 IOPS",
    ],
    [
      { iops: 4000, throughput: 1001 },
      "spec.aws.throughput: needs at least 4004 iops for 1001 MiB/s: gp3 gives 1 MiB/s for 4 IOPS",
    ],
    [{ volume_type: "gp2", iops: 3000 }, "spec.aws.iops: must be left out: gp2 does not take it"],
    [{ volume_type: "io1", iops: 64_001 }, "spec.aws.iops: must be from 100 to 64000 for io1"],
    [{ volume_type: "io2", iops: 99 }, "spec.aws.iops: must be from 100 to 256000 for io2"],
    [
      { volume_type: "io2", throughput: 200 },
      "spec.aws.throughput: must be left out: io2 does not take it",
    ],
    [{ volume_type: "gp9", iops: 0 }, "spec.aws.iops: must be at least 1"],
    [{ volume_type: "gp9", iops: 3000.5 }, "spec.aws.iops: must be a whole number"],
    [
      { encrypted: false },
      "spec.aws.encrypted: must be true, or be left out: the image and the account decide what else is encrypted",
    ],
    [
      { kms_key_id: "agents" },
      "spec.aws.kms_key_id: must be a KMS key's id or ARN, or an alias such as alias/agents",
    ],
    [
      { kms_key_id: "arn:aws:iam::123456789012:role/agents" },
      "spec.aws.kms_key_id: must be a KMS key's id or ARN, or an alias such as alias/agents",
    ],
    [{ kms_key: "alias/agents" }, "unknown field spec.aws.kms_key"],
  ])("is rejected: %j", (fields, message) => {
    expect(refused({ aws: { volume_type: "gp3", ...fields } })).toEqual([message]);
  });
});

const KEY = "projects/example.com:agents/locations/us-central1/keyRings/ring/cryptoKeys/k_1";

describe("a Compute Engine disk's record", () => {
  it.each<JsonObject>([
    { disk_type: "hyperdisk-balanced", iops: 160_000, throughput: 2400 },
    { disk_type: "hyperdisk-balanced", throughput: 2400 },
    { disk_type: "hyperdisk-extreme", iops: 350_000 },
    { disk_type: "hyperdisk-throughput", throughput: 20 },
    { disk_type: "hyperdisk-ml", throughput: 400 },
    { disk_type: "pd-extreme", iops: 10_000 },
    { disk_type: "hyperdisk-next", iops: 1 },
    { disk_type: "pd-ssd", kms_key: KEY },
  ])("is accepted: %j", (gce) => {
    expect(toSnakeCase(parseBody("disk-type", { name: "d", spec: { gce } }))).toEqual({
      name: "d",
      spec: { gce },
    });
  });

  it.each<readonly [JsonObject, string]>([
    [
      { disk_type: "pd-ssd", iops: 3000 },
      "spec.gce.iops: must be left out: pd-ssd does not take it",
    ],
    [
      { disk_type: "hyperdisk-extreme", throughput: 200 },
      "spec.gce.throughput: must be left out: hyperdisk-extreme does not take it",
    ],
    [
      { disk_type: "hyperdisk-balanced", iops: 160_001 },
      "spec.gce.iops: must be from 2000 to 160000 for hyperdisk-balanced",
    ],
    [
      { disk_type: "hyperdisk-balanced", iops: 3000, throughput: 800 },
      "spec.gce.throughput: needs at least 3200 iops for 800 MiB/s: hyperdisk-balanced gives 1 MiB/s for 4 IOPS",
    ],
    [
      { disk_type: "pd-ssd", kms_key: `${KEY}/cryptoKeyVersions/1` },
      "spec.gce.kms_key: must be a key such as projects/P/locations/L/keyRings/R/cryptoKeys/K, without a version",
    ],
  ])("is rejected: %j", (gce, message) => {
    expect(refused({ gce })).toEqual([message]);
  });
});

describe("an environment's disks", () => {
  const environment = { name: "e", substrate: "AWS", machine_type_ref: "m" };
  const withDisks = (...disks: readonly JsonObject[]) => ({ ...environment, data_disks: disks });

  it("are kept as they are, and refer to their disk types", () => {
    const body = {
      ...environment,
      keep_disk_on_termination: false,
      data_disks: [
        { name: "data", disk_type_ref: "fast", size_gb: 1, keep_on_termination: true },
        { name: "d2", size_gb: 100 },
      ],
    };
    const parsed = parseBody("environment", body);
    expect(toSnakeCase(parsed)).toEqual(body);
    expect(referencesOf("environment", parsed)).toEqual([
      { kind: "machine-type", name: "m" },
      { kind: "disk-type", name: "fast" },
    ]);
  });

  it.each<readonly [JsonObject, string]>([
    [withDisks({ name: "data", size_gb: 0 }), "data_disks[0].size_gb: must be at least 1 GiB"],
    [
      withDisks({ name: "data", size_gb: 1 }, { name: "data", size_gb: 2 }),
      "data_disks: must have a different name for each disk",
    ],
    ...["Data", "-data", "data-", "1data", "d".repeat(64), "da_ta"].map(
      (name) =>
        [
          withDisks({ name, size_gb: 1 }),
          "data_disks[0].name: must be 1 to 63 lower-case letters, digits and dashes, starting with a letter and not ending with a dash",
        ] as const,
    ),
    [
      withDisks({ name: "persistent-disk-0", size_gb: 1 }),
      "data_disks[0].name: must not be persistent-disk-N, which is a name that Compute Engine gives",
    ],
    [
      withDisks(...Array.from({ length: 128 }, (_, at) => ({ name: `d${at}`, size_gb: 1 }))),
      "data_disks: must have at most 127 disks",
    ],
    [
      { ...environment, substrate: "DOCKER", keep_disk_on_termination: true },
      "keep_disk_on_termination: is for virtual machines: a container keeps its data in the volumes of its placement",
    ],
    [
      { ...withDisks({ name: "data", size_gb: 1 }), substrate: "DOCKER" },
      "data_disks: is for virtual machines: a container keeps its data in the volumes of its placement",
    ],
  ])("are rejected: %j", (body, message) => {
    expect(violations("environment", body)).toEqual([message]);
  });
});
