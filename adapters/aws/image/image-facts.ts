import type { Image } from "@aws-sdk/client-ec2";
import { z } from "zod";
import type { JsonObject } from "../../../src/errors.ts";
import type { Architecture } from "../../../src/plan/plan.ts";
import { WITHOUT_COMPILING } from "../../../src/json/zod-options.ts";

/** An EBS volume that an AMI maps. Null for members that EC2 does not state. */
const imageVolume = z.strictObject({
  /** Its name in the mapping, such as `/dev/xvda`. */
  device: z.string(),
  snapshotId: z.string().nullable(),
  /** In GiB. A volume may not be smaller than its snapshot, which usually has this size. */
  sizeGb: z.int().nullable(),
  type: z.string().nullable(),
  iops: z.int().nullable(),
  throughput: z.int().nullable(),
  /** False if the image keeps the volume after the machine's termination. */
  deleteOnTermination: z.boolean(),
});
export type ImageVolume = z.output<typeof imageVolume>;

/** Facts about an AMI that `inspectImage` reads, and against which `preflight` checks the machine type and volumes. */
const imageFacts = z.strictObject({
  id: z.string(),
  /** In EC2's spelling: `x86_64`. Empty if EC2 does not say. */
  architecture: z.string(),
  isInstanceStore: z.boolean(),
  /** Null if the root device is an instance store, or if EC2 names no root device. */
  rootDeviceName: z.string().nullable(),
  /** In the order of the image's mapping. Instance store volumes and suppressed devices are left out. */
  volumes: z.array(imageVolume),
  /** The other devices of the mapping, whose names are taken too. */
  otherDevices: z.array(z.string()),
  virtualization: z.string().nullable(),
  bootMode: z.string().nullable(),
  /** `v2.0` if the image needs a Nitro TPM. */
  tpm: z.string().nullable(),
  /** Null if EC2 does not say. EC2's dry run then decides whether the image can be launched. */
  ena: z.boolean().nullable(),
});
export type ImageFacts = z.output<typeof imageFacts>;

const facts = z.object({
  image: imageFacts.optional(),
  /** Whether the image's checks have refused it. EC2's dry run then adds nothing new about it. */
  refused: z.boolean().default(false),
  /** Why no other call to AWS can succeed. The image's checks have reported it, and preflight makes no call. */
  skippedBecause: z.string().optional(),
});

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["x86_64", "amd64"],
  ["arm64", "arm64"],
]);

/** Null for architectures that Slipway does not launch: 32 bits and macOS. */
export function architectureOf(ec2: string): Architecture | null {
  return ARCHITECTURES.get(ec2) ?? null;
}

/** EC2's spelling of an architecture. */
export function ec2Architecture(architecture: Architecture): string {
  return architecture === "amd64" ? "x86_64" : "arm64";
}

export function imageFactsOf(image: Image): ImageFacts {
  // EC2 has two types, `ebs` and `instance-store`. LocalStack and moto call a registered image's type `standard`.
  const isInstanceStore = image.RootDeviceType === "instance-store";
  const volumes = volumesOf(image);
  return {
    id: image.ImageId ?? "",
    architecture: image.Architecture ?? "",
    isInstanceStore,
    rootDeviceName: isInstanceStore ? null : rootDeviceOf(image, volumes),
    volumes,
    otherDevices: (image.BlockDeviceMappings ?? []).flatMap(({ DeviceName, Ebs }) =>
      DeviceName === undefined || Ebs !== undefined ? [] : [DeviceName],
    ),
    virtualization: image.VirtualizationType ?? null,
    bootMode: image.BootMode ?? null,
    tpm: image.TpmSupport ?? null,
    ena: image.EnaSupport ?? null,
  };
}

/** The volume of the root device. Null if the image does not map one. */
export function rootVolume({ rootDeviceName, volumes }: ImageFacts): ImageVolume | null {
  return volumes.find(({ device }) => device === rootDeviceName) ?? null;
}

function volumesOf({ BlockDeviceMappings = [] }: Image): ImageVolume[] {
  return BlockDeviceMappings.flatMap(({ DeviceName, Ebs }) => {
    if (DeviceName === undefined || Ebs === undefined) return [];
    const { SnapshotId, VolumeSize, VolumeType, Iops, Throughput, DeleteOnTermination } = Ebs;
    return [
      {
        device: DeviceName,
        snapshotId: SnapshotId ?? null,
        sizeGb: VolumeSize ?? null,
        type: VolumeType ?? null,
        iops: Iops ?? null,
        throughput: Throughput ?? null,
        deleteOnTermination: DeleteOnTermination ?? true,
      },
    ];
  });
}

/**
 * The device that EC2 boots. Some images name a root device (`/dev/sda1`) that their mapping does not have (`/dev/sda`):
 * EC2 then boots the first volume of the mapping, and a volume with the root device's name would be a second one.
 * https://github.com/hashicorp/terraform/pull/2271
 */
function rootDeviceOf({ RootDeviceName }: Image, volumes: readonly ImageVolume[]): string | null {
  const isMapped = volumes.some(({ device }) => device === RootDeviceName);
  const [first] = volumes;
  return (isMapped ? RootDeviceName : first?.device) ?? RootDeviceName ?? null;
}

export function toFacts(image: ImageFacts, refused: boolean): JsonObject {
  return { image, refused };
}

/** Facts of an image that could not be read, for a reason that makes every call fail. */
export function skippedFacts(why: string): JsonObject {
  return { skippedBecause: why };
}

/** Reads the facts back. `image` is null if it could not be read. */
export function readFacts(document: JsonObject): {
  readonly image: ImageFacts | null;
  readonly refused: boolean;
  readonly skippedBecause: string | null;
} {
  const parsed = facts.safeParse(document, WITHOUT_COMPILING);
  if (!parsed.success) return { image: null, refused: false, skippedBecause: null };
  const { image = null, refused, skippedBecause = null } = parsed.data;
  return { image, refused, skippedBecause };
}
