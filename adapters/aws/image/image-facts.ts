import type { Image } from "@aws-sdk/client-ec2";
import { z } from "zod";
import type { JsonObject } from "../../../src/errors.ts";
import type { Architecture } from "../../../src/plan/plan.ts";
import { WITHOUT_COMPILING } from "../../../src/json/zod-options.ts";

/** What `inspectImage` learns of an AMI and `preflight` holds the machine type and the volume to. */
const imageFacts = z.strictObject({
  id: z.string(),
  /** As EC2 spells it: `x86_64`; empty where it says nothing. */
  architecture: z.string(),
  /** Null for an image whose root is no EBS volume. */
  rootDeviceName: z.string().nullable(),
  /** GiB of the root device's snapshot, which its volume may not be smaller than. */
  rootSizeGb: z.int().nullable(),
  rootVolumeType: z.string().nullable(),
  virtualization: z.string().nullable(),
  bootMode: z.string().nullable(),
  /** Null where EC2 does not say: its dry run judges the image then. */
  ena: z.boolean().nullable(),
});
export type ImageFacts = z.output<typeof imageFacts>;

const facts = z.object({
  image: imageFacts.optional(),
  /** Whether the image's checks have refused it: what EC2 says of it then is no news. */
  refused: z.boolean().default(false),
  /** Why asking AWS for more is of no use; the image's checks have told it. */
  unasked: z.string().optional(),
});

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["x86_64", "amd64"],
  ["arm64", "arm64"],
]);

/** Null for what Slipway launches nothing of: 32 bits and macOS. */
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

/** Facts of an image that could not be read for a cause that spoils every call. */
export function toUnasked(why: string): JsonObject {
  return { unasked: why };
}

/** What was learnt of the image; null where it could not be read. */
export function readFacts(document: JsonObject): {
  readonly image: ImageFacts | null;
  readonly refused: boolean;
  readonly unasked: string | null;
} {
  const parsed = facts.safeParse(document, WITHOUT_COMPILING);
  if (!parsed.success) return { image: null, refused: false, unasked: null };
  const { image = null, refused, unasked = null } = parsed.data;
  return { image, refused, unasked };
}
