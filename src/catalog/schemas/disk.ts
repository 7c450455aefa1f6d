/** The disk-type kind, and an environment's further disks. */
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import type { AwsDiskType, DiskTypeFields, EnvironmentDataDisk, GceDiskType } from "../kinds.ts";
import type { Rule } from "../violation.ts";
import { commonRules, described, exactlyOne, nameOf, providerName, text } from "./common.ts";

type Range = readonly [least: number, most: number];

/** The performance that a type of disk can be given. A type without a range takes no value. */
interface Performance {
  readonly iops?: Range;
  /** MiB per second. */
  readonly throughput?: Range;
  /** IOPS that each MiB per second needs. */
  readonly iopsPerThroughput?: number;
  /** IOPS of a disk for which none are given. */
  readonly defaultIops?: number;
}

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html; EC2 decides about types that it lacks. */
const EBS: Readonly<Record<string, Performance>> = {
  gp3: {
    iops: [3_000, 80_000],
    throughput: [125, 2_000],
    iopsPerThroughput: 4,
    defaultIops: 3_000,
  },
  io1: { iops: [100, 64_000] },
  io2: { iops: [100, 256_000] },
  gp2: {},
  st1: {},
  sc1: {},
  standard: {},
};

const BALANCED = { throughput: [140, 2_400], iopsPerThroughput: 4 } as const;

/**
 * https://cloud.google.com/compute/docs/disks/hyperdisk-performance and
 * https://cloud.google.com/compute/docs/disks/extreme-persistent-disk; Compute Engine decides about types that it lacks.
 */
const COMPUTE_ENGINE: Readonly<Record<string, Performance>> = {
  "pd-standard": {},
  "pd-balanced": {},
  "pd-ssd": {},
  "pd-extreme": { iops: [10_000, 120_000] },
  // The smallest disk, of 4 GiB, has 2,000.
  "hyperdisk-balanced": { ...BALANCED, iops: [2_000, 160_000] },
  "hyperdisk-balanced-high-availability": { ...BALANCED, iops: [2_000, 100_000] },
  // The smallest disk, of 64 GiB, has 2 for each GiB at least.
  "hyperdisk-extreme": { iops: [128, 350_000] },
  "hyperdisk-ml": { throughput: [400, 1_200_000] },
  "hyperdisk-throughput": { throughput: [20, 2_400] },
};

type Measure = "iops" | "throughput";
type Provisioned = { readonly [M in Measure]?: number };

interface Fault {
  readonly measure: Measure;
  readonly message: string;
}

/** Why the provider would refuse this performance of any disk of the type. */
function performanceFaults(
  types: Readonly<Record<string, Performance>>,
  type: string,
  given: Provisioned,
): readonly Fault[] {
  const known = Object.hasOwn(types, type) ? types[type] : undefined;
  if (known === undefined) return [];
  const faults = (["iops", "throughput"] as const).flatMap((measure): readonly Fault[] => {
    const value = given[measure];
    if (value === undefined) return [];
    const range = known[measure];
    if (range === undefined)
      return [{ measure, message: `must be left out: ${type} does not take it` }];
    const [least, most] = range;
    return value >= least && value <= most
      ? []
      : [{ measure, message: `must be from ${least} to ${most} for ${type}` }];
  });
  return faults.length > 0 ? faults : ratioFaults(known, type, given);
}

function ratioFaults(
  { iopsPerThroughput, defaultIops }: Performance,
  type: string,
  { iops = defaultIops, throughput }: Provisioned,
): readonly Fault[] {
  if (iopsPerThroughput === undefined || iops === undefined || throughput === undefined) return [];
  const needed = throughput * iopsPerThroughput;
  if (iops >= needed) return [];
  return [
    {
      measure: "throughput",
      message: `needs at least ${needed} iops for ${throughput} MiB/s: ${type} gives 1 MiB/s for ${iopsPerThroughput} IOPS`,
    },
  ];
}

function report(context: z.core.$RefinementCtx, faults: readonly Fault[]): void {
  for (const { measure, message } of faults)
    context.addIssue({ code: "custom", path: [measure], message });
}

const amount = z.int("must be a whole number").min(1, "must be at least 1");

/** "Identifier (key ID, key alias, key ARN, or alias ARN)" (EbsBlockDevice in the Amazon EC2 API Reference). */
const KMS_KEY_ID =
  /^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:)?(?:alias\/[\w/-]+|(?:key\/)?(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))$/;

const aws = once((): z.ZodType<AwsDiskType> =>
  z
    .strictObject({
      volumeType: providerName.meta({
        description: "EC2's name of the volume type.",
        examples: ["gp3"],
      }),
      iops: amount.exactOptional().meta({
        description: "I/O operations per second, for gp3, io1 and io2. Without it, EC2's default.",
        examples: [10000],
      }),
      throughput: amount.exactOptional().meta({
        description: "MiB per second, for gp3. Without it, EC2's default.",
        examples: [250],
      }),
      encrypted: z
        .literal(
          true,
          "must be true, or be left out: the image and the account decide what else is encrypted",
        )
        .exactOptional()
        .meta({
          description:
            "Encrypts the volume. Left out, the image's snapshots and the account's own setting decide.",
          examples: [true],
        }),
      kmsKeyId: text(
        KMS_KEY_ID,
        "must be a KMS key's id or ARN, or an alias such as alias/agents",
        2048,
      )
        .exactOptional()
        .meta({
          description:
            "The KMS key: its id or ARN, or an alias. It implies `encrypted`. Without it, the account's default key.",
          examples: ["alias/agents"],
        }),
    })
    .superRefine((fields, context) =>
      report(context, performanceFaults(EBS, fields.volumeType, fields)),
    ),
);

const KMS_KEY =
  /^projects\/[a-z0-9.:-]{1,128}\/locations\/[a-z0-9-]{1,63}\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63}$/;

const gce = once((): z.ZodType<GceDiskType> =>
  z
    .strictObject({
      diskType: providerName.meta({
        description: "Compute Engine's name of the disk type.",
        examples: ["hyperdisk-balanced"],
      }),
      iops: amount.exactOptional().meta({
        description:
          "I/O operations per second, for Hyperdisks and pd-extreme. Without it, Compute Engine's default.",
        examples: [6000],
      }),
      throughput: amount.exactOptional().meta({
        description: "MiB per second, for Hyperdisks. Without it, Compute Engine's default.",
        examples: [300],
      }),
      kmsKey: text(
        KMS_KEY,
        "must be a key such as projects/P/locations/L/keyRings/R/cryptoKeys/K, without a version",
        512,
      )
        .exactOptional()
        .meta({
          description: "The key that encrypts the disk instead of Google's own, without a version.",
          examples: ["projects/acme/locations/us-central1/keyRings/slipway/cryptoKeys/disks"],
        }),
    })
    .superRefine((fields, context) =>
      report(context, performanceFaults(COMPUTE_ENGINE, fields.diskType, fields)),
    ),
);

export const diskTypeRules: readonly Rule[] = commonRules("disk-type");

export const diskTypeSchema = once((): z.ZodType<DiskTypeFields> =>
  z.strictObject({
    ...described("disk-type"),
    spec: z
      .strictObject({
        aws: aws().exactOptional().describe("An EBS volume."),
        gce: gce().exactOptional().describe("A disk of Compute Engine."),
      })
      .meta(exactlyOne("aws", "gce"))
      .transform((spec, context): DiskTypeFields["spec"] => {
        if (spec.aws !== undefined && spec.gce === undefined) return { aws: spec.aws };
        if (spec.gce !== undefined && spec.aws === undefined) return { gce: spec.gce };
        context.addIssue("must have exactly one of aws, gce");
        return z.NEVER;
      })
      .meta({
        description: "The disk type of the substrate, with exactly one section.",
        examples: [{ aws: { volume_type: "gp3" } }],
      }),
  }),
);

/** Compute Engine attaches at most 128 disks, one of which is the root disk: https://cloud.google.com/compute/docs/disks#pdnumberlimits */
const MOST_DATA_DISKS = 127;
/** Compute Engine names a disk so if the request does not, such as the root disk. */
const NAMED_BY_COMPUTE_ENGINE = /^persistent-disk-\d+$/;

export const dataDisks = once((): z.ZodType<readonly EnvironmentDataDisk[]> =>
  z
    .array(
      z.strictObject({
        name: text(
          /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
          "must be 1 to 63 lower-case letters, digits and dashes, starting with a letter and not ending with a dash",
        )
          .refine(
            (name) => !NAMED_BY_COMPUTE_ENGINE.test(name),
            "must not be persistent-disk-N, which is a name that Compute Engine gives",
          )
          .meta({
            description: "The disk's name, by which the machine finds it.",
            examples: ["scratch"],
          }),
        diskTypeRef: nameOf("disk-type")
          .exactOptional()
          .meta({
            description:
              "The disk-type of the disk. Without it, gp3 on EC2, and the type of a boot disk without one on Compute Engine.",
            examples: ["slipway-gp3"],
          }),
        sizeGb: z
          .int("must be a whole number of GiB")
          .min(1, "must be at least 1 GiB")
          .meta({ description: "The size in GiB.", examples: [200] }),
        keepOnTermination: z
          .boolean("must be true or false")
          .exactOptional()
          .meta({
            description: "Whether the disk stays after the machine's termination, and costs money.",
            default: false,
            examples: [true],
          }),
      }),
    )
    .max(MOST_DATA_DISKS, `must have at most ${MOST_DATA_DISKS} disks`)
    .refine(
      (disks) => new Set(disks.map(({ name }) => name)).size === disks.length,
      "must have a different name for each disk",
    ),
);
