import { type Context, found } from "../context.ts";
import { type DiskType, findDiskType } from "../disk-types.ts";
import { diskLink } from "../disks.ts";
import { GceFailure, invalidField } from "../failure.ts";
import { type ChosenImage, chooseImage } from "../image-choice.ts";
import { deprecationOf } from "../images.ts";
import { malformedLink, readLink } from "../links.ts";
import { type MachineType, bootDisksOf } from "../machine-types.ts";
import { requireLabels, requireName } from "../names.ts";
import type { AttachedDisk, Disk, Operation, OperationError } from "../records.ts";
import { newId } from "../world.ts";
import { keyVersion, provisioned } from "./disk-options.ts";
import type { DiskRequest } from "./request.ts";

/** A requested disk, the same for each instance of a request. */
export interface DiskPlan {
  readonly attached: Omit<AttachedDisk, "diskName" | "deviceName">;
  readonly deviceName: string;
  /** The requested name, or null to use the instance's name. */
  readonly diskName: string | null;
  /** Null if an existing disk is attached. */
  readonly made: {
    readonly image: ChosenImage | null;
    readonly type: string;
    readonly sizeGb: number;
    readonly provisionedIops: number | null;
    readonly provisionedThroughput: number | null;
    readonly kmsKeyVersion: string | null;
    readonly labels: Readonly<Record<string, string>>;
  } | null;
}

const MAXIMUM_DISKS = 128;

/** How types are referenced: by link in an instance, by name in the properties of a bulk insert. */
export type TypesBy = "link" | "name";

/** @throws GceFailure for disks that an instance of the type cannot boot from. */
export function planDisks(
  context: Context,
  requests: readonly DiskRequest[],
  at: { readonly zone: string; readonly machineType: MachineType; readonly typesBy: TypesBy },
): readonly DiskPlan[] {
  if (requests[0]?.boot !== true)
    throw invalidField(
      "resource.disks",
      "",
      "Boot disk must be the first disk attached to the instance.",
    );
  if (requests.length > MAXIMUM_DISKS)
    throw new GceFailure(
      "fieldSizeTooLarge",
      `Value for field 'resource.disks' is too large: maximum size ${MAXIMUM_DISKS} element(s); actual size ${requests.length}.`,
    );
  const deviceNames = new Set<string>();
  return requests.map((request, index) => {
    const field = `resource.disks[${index}]`;
    if (index > 0 && request.boot === true)
      throw invalidField(`${field}.boot`, "true", "Only one boot disk is allowed.");
    const plan = planDisk(context, request, { field, index, ...at });
    if (deviceNames.has(plan.deviceName))
      throw invalidField(`${field}.deviceName`, plan.deviceName, "The device name is in use.");
    deviceNames.add(plan.deviceName);
    const architecture = plan.made?.image?.image.architecture ?? null;
    const wanted = at.machineType.architecture;
    // An image without an architecture is an old one, for X86_64.
    if (index === 0 && (architecture ?? "X86_64") !== wanted)
      throw new GceFailure(
        "invalid",
        `Invalid resource usage: 'Requested boot disk architecture (${architecture ?? "X86_64"}) is not compatible with machine type architecture (${wanted}).'.`,
      );
    return plan;
  });
}

interface DiskPosition {
  readonly field: string;
  readonly index: number;
  readonly zone: string;
  readonly machineType: MachineType;
  readonly typesBy: TypesBy;
}

function planDisk(context: Context, request: DiskRequest, where: DiskPosition): DiskPlan {
  const { field, index, zone } = where;
  const attached = {
    boot: request.boot ?? false,
    autoDelete: request.autoDelete ?? false,
    mode: request.mode ?? ("READ_WRITE" as const),
  };
  const deviceName = request.deviceName ?? `persistent-disk-${index}`;
  if ((request.source === undefined) === (request.initializeParams === undefined))
    throw invalidField(field, "", "Exactly one of source and initializeParams is required.");
  if (request.source !== undefined) {
    const name = existingDisk(context, request.source, { field: `${field}.source`, zone });
    return { attached, deviceName, diskName: name, made: null };
  }
  const asked = request.initializeParams ?? {};
  if (asked.diskName !== undefined)
    requireName(asked.diskName, `${field}.initializeParams.diskName`);
  requireLabels(asked.labels ?? {}, `${field}.initializeParams.labels`);
  const type = diskType(context, asked.diskType, {
    ...where,
    field: `${field}.initializeParams.diskType`,
  });
  const image =
    asked.sourceImage === undefined
      ? null
      : chooseImage(context, asked.sourceImage, `${field}.initializeParams.sourceImage`);
  if (image === null && attached.boot)
    throw invalidField(field, "", "A boot disk needs a source image.");
  const sizeGb = size(asked.diskSizeGb ?? request.diskSizeGb, image, { field, type });
  const made = {
    image,
    type: type.name,
    sizeGb,
    ...provisioned(asked, { field, type: type.name, sizeGb }),
    kmsKeyVersion: keyVersion(context, request, field),
    labels: asked.labels ?? {},
  };
  return { attached, deviceName, diskName: asked.diskName ?? null, made };
}

function existingDisk(
  { project }: Context,
  link: string,
  { field, zone }: { readonly field: string; readonly zone: string },
): string {
  const { path } = readLink(link, field, project.id);
  const [scope, place, collection, name] = path;
  if (scope !== "zones" || place !== zone || collection !== "disks" || name === undefined)
    throw malformedLink(link, field);
  const disk = found(project.disks.get(`${zone}/${name}`), diskLink(project.id, zone, name));
  if (disk.user !== null)
    throw new GceFailure(
      "resourceInUseByAnotherResource",
      `The disk resource '${diskLink(project.id, zone, name)}' is already being used by '${disk.user}'`,
    );
  return name;
}

function diskType(
  { project }: Context,
  link: string | undefined,
  { field, zone, machineType, typesBy }: DiskPosition,
): DiskType {
  if (link === undefined) {
    const [first = ""] = bootDisksOf(machineType);
    return found(findDiskType(first), first);
  }
  const isName = typesBy === "name" && !link.includes("/");
  const [scope, place, collection, name] = isName
    ? ["zones", zone, "diskTypes", link]
    : readLink(link, field, project.id).path;
  if (scope !== "zones" || collection !== "diskTypes" || name === undefined)
    throw malformedLink(link, field);
  const type = place === zone ? findDiskType(name) : null;
  if (type === null)
    throw invalidField(
      field,
      link,
      `The referenced diskType resource cannot be found in zone '${zone}'.`,
    );
  return type;
}

function size(
  asked: number | undefined,
  image: ChosenImage | null,
  { field, type }: { readonly field: string; readonly type: DiskType },
): number {
  const sizeGb = asked ?? image?.image.diskSizeGb ?? type.defaultGb;
  const least = image?.image.diskSizeGb ?? 1;
  const where = `${field}.initializeParams.diskSizeGb`;
  if (sizeGb < least)
    throw invalidField(
      where,
      String(sizeGb),
      `Requested disk size cannot be smaller than the image size (${least} GB)`,
    );
  if (sizeGb > type.maximumGb || (image === null && sizeGb < type.minimumGb))
    throw invalidField(
      where,
      String(sizeGb),
      `Disk size must be between ${type.minimumGb} GB and ${type.maximumGb} GB.`,
    );
  return sizeGb;
}

/**
 * A boot disk that the machine type does not take, or a Persistent Disk on a series that takes none. Compute Engine finds
 * out when it creates the machine.
 */
export function incompatibleDisk(
  plans: readonly DiskPlan[],
  machineType: MachineType,
): OperationError | null {
  const boots = bootDisksOf(machineType);
  const takesPersistent = boots.some(isPersistent);
  const type = plans
    .map(({ made }, index) => ({ name: made?.type ?? null, isBoot: index === 0 }))
    .find(
      ({ name, isBoot }) =>
        name !== null && (isBoot ? !boots.includes(name) : isPersistent(name) && !takesPersistent),
    )?.name;
  if (type === undefined) return null;
  return {
    code: "UNSUPPORTED_OPERATION",
    message: `[${type}, ${machineType.name}] features are not compatible for creating instance.`,
    location: null,
    httpStatus: 400,
    quota: null,
  };
}

function isPersistent(type: string): boolean {
  return type.startsWith("pd-");
}

/** Creates the disk of one instance. */
export function makeDisk(
  { world, now }: Context,
  made: NonNullable<DiskPlan["made"]>,
  { name, zone, user }: { readonly name: string; readonly zone: string; readonly user: string },
): Disk {
  const image = made.image?.image;
  return {
    id: newId(world),
    name,
    zone,
    type: made.type,
    sizeGb: made.sizeGb,
    provisionedIops: made.provisionedIops,
    provisionedThroughput: made.provisionedThroughput,
    kmsKeyVersion: made.kmsKeyVersion,
    architecture: image?.architecture ?? null,
    sourceImage: made.image?.link ?? null,
    sourceImageId: image?.id ?? null,
    licenses: [...(image?.licenses ?? [])],
    guestOsFeatures: [...(image?.guestOsFeatures ?? [])],
    labels: { ...made.labels },
    createdAt: now,
    goneAt: null,
    user,
  };
}

/** The operation's warnings about deprecated images that it used. */
export function deprecationWarnings(plans: readonly DiskPlan[]): Operation["warnings"] {
  return plans.flatMap(({ made }) => {
    if (made === null || made.image === null) return [];
    const { image, link } = made.image;
    if (deprecationOf(image) !== "DEPRECATED") return [];
    const replacement = image.deprecation?.replacement;
    const advice = replacement == null ? "" : ` A suggested replacement is '${replacement}'.`;
    return [
      {
        code: "DEPRECATED_RESOURCE_USED",
        message: `The resource '${link}' is deprecated.${advice}`,
      },
    ];
  });
}
