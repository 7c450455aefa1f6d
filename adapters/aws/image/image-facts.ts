import type { Image } from "@aws-sdk/client-ec2";
import { z } from "zod";
import type { JsonObject } from "../../../src/errors.ts";
import type { Architecture } from "../../../src/plan/plan.ts";
import { WITHOUT_COMPILING } from "../../../src/json/zod-options.ts";

/** Facts about an AMI that `inspectImage` reads, and against which `preflight` checks the machine type and volume. */
const imageFacts = z.strictObject({
  id: z.string(),
  /** In EC2's spelling: `x86_64`. Empty if EC2 does not say. */
  architecture: z.string(),
  /** Null if the image's root device is not an EBS volume. */
  rootDeviceName: z.string().nullable(),
  /** Size of the root device's snapshot in GiB. The root volume may not be smaller. */
  rootSizeGb: z.int().nullable(),
  rootVolumeType: z.string().nullable(),
  virtualization: z.string().nullable(),
  bootMode: z.string().nullable(),
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
  const { RootDeviceName, RootDeviceType, BlockDeviceMappings = [] } = image;
  const isVolume = RootDeviceType === undefined || RootDeviceType === "ebs";
  const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs;
  return {
    id: image.ImageId ?? "",
    architecture: image.Architecture ?? "",
    rootDeviceName: isVolume ? (RootDeviceName ?? null) : null,
    rootSizeGb: root?.VolumeSize ?? null,
    rootVolumeType: root?.VolumeType ?? null,
    virtualization: image.VirtualizationType ?? null,
    bootMode: image.BootMode ?? null,
    ena: image.EnaSupport ?? null,
  };
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
