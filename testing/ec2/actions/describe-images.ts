import { type Context, reading } from "../action.ts";
import { type FilterTable, applyFilters, tagFilters } from "../filters.ts";
import { IMAGE_ID, lookUp } from "../ids.ts";
import { findImage, mayUse } from "../images.ts";
import { imageState, timestamp } from "../lifecycle.ts";
import { page } from "../paging.ts";
import { FILTERS, PAGING, flag, list, text } from "../parameters.ts";
import type { Image } from "../records.ts";
import { tagSet } from "../tags.ts";
import type { XmlFields } from "../xml.ts";

export const describeImages = reading(
  {
    ExecutableBy: list(text),
    Filter: FILTERS,
    ImageId: list(text),
    IncludeDeprecated: flag,
    IncludeDisabled: flag,
    Owner: list(text),
    ...PAGING,
  },
  {
    name: "DescribeImages",
    read(context, parameters) {
      const { ImageId: ids, Filter, Owner, ExecutableBy } = parameters;
      const all = ids.length > 0 ? imagesById(context, ids) : imagesListed(context, parameters);
      const wanted = all.filter(
        (image) =>
          (Owner.length === 0 || Owner.some((owner) => isOwner(image, owner, context.account))) &&
          (ExecutableBy.length === 0 || ExecutableBy.some((who) => isShared(image, who, context))),
      );
      const found = applyFilters(wanted, Filter, imageFilters(context));
      const shown = page(found, ({ id }) => id, parameters, {
        query: ["DescribeImages", context.account, context.region.name, JSON.stringify(Filter)],
        minimum: 1,
        maximum: 1000,
      });
      return {
        imagesSet: shown.records.map((image) => imageFields(image, context)),
        nextToken: shown.nextToken,
      };
    },
  },
);

function imagesById(context: Context, ids: readonly string[]): readonly Image[] {
  const { region, account, now } = context;
  return lookUp(ids, IMAGE_ID, (id) => findImage(region, account, id, now));
}

/** The images to list: those deprecated (of other owners) or disabled are included only on request. */
function imagesListed(
  context: Context,
  {
    IncludeDeprecated,
    IncludeDisabled,
  }: Record<"IncludeDeprecated" | "IncludeDisabled", boolean | null>,
): readonly Image[] {
  const { region, account, now } = context;
  return [...region.images.values()].filter((image) => {
    const state = imageState(image, now);
    if (!mayUse(image, account) || state === null || state === "deregistered") return false;
    if (state === "disabled" && IncludeDisabled !== true) return false;
    const isDeprecated = image.deprecatedAt !== null && image.deprecatedAt <= now;
    return !isDeprecated || IncludeDeprecated === true || image.account === account;
  });
}

function isOwner(image: Image, owner: string, account: string): boolean {
  if (owner === "self") return image.account === account;
  return owner === image.account || owner === image.ownerAlias;
}

function isShared(image: Image, who: string, { account }: Context): boolean {
  if (who === "all") return image.isPublic;
  return image.sharedWith.includes(who === "self" ? account : who);
}

function imageFilters({ now }: Context): FilterTable<Image> {
  return {
    ...tagFilters<Image>(),
    architecture: (image) => image.architecture,
    "block-device-mapping.snapshot-id": (image) =>
      image.devices.flatMap(({ snapshotId }) => snapshotId ?? []),
    "boot-mode": (image) => image.bootMode,
    "creation-date": (image) => timestamp(image.createdAt),
    description: (image) => image.description,
    "ena-support": (image) => image.enaSupport,
    hypervisor: () => "xen",
    "image-id": (image) => image.id,
    "image-type": () => "machine",
    "is-public": (image) => image.isPublic,
    name: (image) => image.name,
    "owner-alias": (image) => image.ownerAlias,
    "owner-id": (image) => image.account,
    "root-device-name": (image) => image.rootDeviceName,
    "root-device-type": (image) => image.rootDeviceType,
    state: (image) => imageState(image, now),
    "virtualization-type": (image) => image.virtualizationType,
  };
}

function imageFields(image: Image, { now }: Context): XmlFields {
  return {
    imageId: image.id,
    imageLocation: `${image.ownerAlias ?? image.account}/${image.name}`,
    imageState: imageState(image, now),
    imageOwnerId: image.account,
    creationDate: timestamp(image.createdAt),
    isPublic: image.isPublic,
    architecture: image.architecture,
    imageType: "machine",
    sourceInstanceId: image.sourceInstanceId,
    imageOwnerAlias: image.ownerAlias,
    name: image.name,
    description: image.description,
    rootDeviceType: image.rootDeviceType,
    rootDeviceName: image.rootDeviceName,
    blockDeviceMapping: [
      ...image.devices.map((device) => ({
        deviceName: device.device,
        ebs: {
          snapshotId: device.snapshotId,
          volumeSize: device.sizeGib,
          deleteOnTermination: device.deleteOnTermination,
          volumeType: device.type,
          iops: device.iops,
          throughput: device.throughput,
          encrypted: device.encrypted,
        },
      })),
      ...image.virtualDevices.map(({ device, name }) => ({
        deviceName: device,
        virtualName: name,
      })),
    ],
    virtualizationType: image.virtualizationType,
    hypervisor: "xen",
    enaSupport: image.enaSupport,
    bootMode: image.bootMode,
    tpmSupport: image.tpmSupport,
    productCodes: image.productCodes.map((productCode) => ({ productCode, type: "marketplace" })),
    imageAllowed: image.isAllowed,
    imdsSupport: image.imdsSupport,
    platformDetails: "Linux/UNIX",
    usageOperation: "RunInstances",
    deprecationTime: image.deprecatedAt === null ? null : timestamp(image.deprecatedAt),
    stateReason: image.stateReason,
    tagSet: tagSet(image.tags),
  };
}
