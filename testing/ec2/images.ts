import { imageState } from "./lifecycle.ts";
import type { Architecture, Image, ImageState } from "./records.ts";
import { type Region, type World, fixedId, newId } from "./world.ts";

/** Amazon's own account, which owns the built-in images. */
export const AMAZON_ACCOUNT = "137112412989";
const BUILT_IN_CREATED = Date.UTC(2025, 0, 15);

/** A volume of an image's mapping. Default: 8 GiB, gp3, deleted on termination, not encrypted, from a snapshot. */
export type ImageDevice = Pick<Image["devices"][number], "device"> &
  Partial<Image["devices"][number]>;

/** An image as described by a test. */
export interface ImageOptions {
  /** Default: a new id. */
  readonly id?: string;
  /** Default: `image-` and a number. */
  readonly name?: string;
  readonly description?: string;
  /** Default `x86_64`. */
  readonly architecture?: Architecture;
  /** The owner's account. Default: the account of the handle that adds the image. */
  readonly owner?: string;
  /** Default false. */
  readonly isPublic?: boolean;
  readonly sharedWith?: readonly string[];
  /** Default `available`. */
  readonly state?: ImageState;
  readonly stateReason?: { readonly code: string; readonly message: string };
  /** Default `/dev/xvda`. */
  readonly rootDeviceName?: string;
  /** Default `ebs`. */
  readonly rootDeviceType?: "ebs" | "instance-store";
  /** Default 8. */
  readonly rootSizeGib?: number;
  /** The mapping, in its order. Default: only the root device. If it lacks the root device, its first volume boots. */
  readonly devices?: readonly ImageDevice[];
  readonly virtualDevices?: Image["virtualDevices"];
  /** Default true. */
  readonly enaSupport?: boolean;
  /** Default `hvm`. */
  readonly virtualizationType?: "hvm" | "paravirtual";
  readonly bootMode?: "legacy-bios" | "uefi" | "uefi-preferred";
  readonly tpmSupport?: "v2.0";
  /** Of the AWS Marketplace. */
  readonly productCodes?: readonly string[];
  readonly isAllowed?: boolean;
  /** Milliseconds since 1970. Default: never. */
  readonly deprecatedAt?: number;
  /** Milliseconds since 1970. Default: now. */
  readonly createdAt?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

export function makeImage(
  world: World,
  account: string,
  now: number,
  options: ImageOptions,
): Image {
  const id = options.id ?? newId(world, "ami");
  const createdAt = options.createdAt ?? now;
  const rootDeviceName = options.rootDeviceName ?? "/dev/xvda";
  return {
    id,
    account: options.owner ?? account,
    ownerAlias: options.owner === AMAZON_ACCOUNT ? "amazon" : null,
    isPublic: options.isPublic ?? false,
    sharedWith: [...(options.sharedWith ?? [])],
    name: options.name ?? `image-${id}`,
    description: options.description ?? null,
    architecture: options.architecture ?? "x86_64",
    history: [{ at: 0, state: options.state ?? "available" }],
    stateReason: options.stateReason ?? null,
    rootDeviceName,
    rootDeviceType: options.rootDeviceType ?? "ebs",
    devices: (
      options.devices ?? [{ device: rootDeviceName, sizeGib: options.rootSizeGib ?? 8 }]
    ).map((device) => ({
      snapshotId: fixedId("snap", id, device.device),
      sizeGib: 8,
      type: "gp3",
      iops: null,
      throughput: null,
      deleteOnTermination: true,
      encrypted: false,
      ...device,
    })),
    virtualDevices: [...(options.virtualDevices ?? [])],
    virtualizationType: options.virtualizationType ?? "hvm",
    bootMode: options.bootMode ?? null,
    tpmSupport: options.tpmSupport ?? null,
    productCodes: [...(options.productCodes ?? [])],
    isAllowed: options.isAllowed ?? null,
    enaSupport: options.enaSupport ?? true,
    imdsSupport: "v2.0",
    createdAt,
    deprecatedAt: options.deprecatedAt ?? null,
    sourceInstanceId: null,
    tags: Object.entries(options.tags ?? {}).map(([key, value]) => ({ key, value })),
  };
}

/** The two built-in images of every region. Their root devices differ, as those of real images do. */
export function addBuiltInImages(world: World, region: Region): void {
  for (const { architecture, rootDeviceName, bootMode } of [
    { architecture: "x86_64", rootDeviceName: "/dev/xvda", bootMode: "uefi-preferred" },
    { architecture: "arm64", rootDeviceName: "/dev/sda1", bootMode: "uefi" },
  ] as const) {
    const image = makeImage(world, AMAZON_ACCOUNT, BUILT_IN_CREATED, {
      id: builtInImageId(region.name, architecture),
      name: `al2023-ami-2023.6.20250115.0-kernel-6.1-${architecture}`,
      description: `Amazon Linux 2023 (${architecture}), of the fake`,
      owner: AMAZON_ACCOUNT,
      isPublic: true,
      architecture,
      rootDeviceName,
      bootMode,
    });
    region.images.set(image.id, image);
  }
}

export function builtInImageId(region: string, architecture: "x86_64" | "arm64"): string {
  return fixedId("ami", "built-in", region, architecture);
}

/** True if the account can see and launch the image. */
export function mayUse(image: Image, account: string): boolean {
  return image.account === account || image.isPublic || image.sharedWith.includes(account);
}

/** The image, if the account may see it and it is not deregistered. */
export function findImage(region: Region, account: string, id: string, now: number): Image | null {
  const image = region.images.get(id);
  if (image === undefined || !mayUse(image, account)) return null;
  const state = imageState(image, now);
  return state === null || state === "deregistered" ? null : image;
}

/** The device that boots: the root device, or the mapping's first volume if the mapping lacks the root device. */
export function bootDevice({ rootDeviceName, devices }: Image): string | null {
  const isMapped = devices.some(({ device }) => device === rootDeviceName);
  return isMapped ? rootDeviceName : (devices[0]?.device ?? null);
}
