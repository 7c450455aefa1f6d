import type { JsonObject } from "../../../src/errors.ts";
import {
  ACCELERATOR_TYPES,
  type AcceleratorType,
  findAcceleratorType,
  isThere,
} from "../accelerator-types.ts";
import { type Call, type Context, found, zoneOf } from "../context.ts";
import { diskTypeLink } from "../disks.ts";
import { DISK_TYPES, type DiskType, findDiskType } from "../disk-types.ts";
import { numericId } from "../ids.ts";
import { timestamp } from "../lifecycle.ts";
import { fullLink, partialLink, zoneLink } from "../links.ts";
import { aggregatedList, list } from "../lists.ts";
import { type MachineType, findMachineType, isOffered } from "../machine-types.ts";
import { ZONES } from "../places.ts";
import { compact, unlessEmpty } from "../render.ts";
import { AGGREGATED_QUERY, LIST_QUERY, type Route, reading } from "../route.ts";

/** A type as offered in one zone. */
interface InZone<T> {
  readonly type: T;
  readonly zone: string;
}

export const typeRoutes: readonly Route[] = [
  ...routesOf<MachineType>({
    service: "machineTypes",
    kind: "machineType",
    part: "machine_type",
    all: ({ machineTypes }, zone) => machineTypes.filter((type) => isOffered(type, zone)),
    find: ({ machineTypes }, name, zone) => findMachineType(machineTypes, name, zone),
    render: renderMachineType,
  }),
  ...routesOf<DiskType>({
    service: "diskTypes",
    kind: "diskType",
    part: "disk_type",
    all: () => DISK_TYPES,
    find: (_context, name) => findDiskType(name),
    render: renderDiskType,
  }),
  ...routesOf<AcceleratorType>({
    service: "acceleratorTypes",
    kind: "acceleratorType",
    part: "accelerator_type",
    all: (_context, zone) => ACCELERATOR_TYPES.filter((type) => isThere(type, zone)),
    find: (_context, name, zone) => findAcceleratorType(name, zone),
    render: renderAcceleratorType,
  }),
];

interface TypeService<T> {
  readonly service: "acceleratorTypes" | "machineTypes" | "diskTypes";
  readonly kind: string;
  readonly part: string;
  readonly all: (context: Context, zone: string) => readonly T[];
  readonly find: (context: Context, name: string, zone: string) => T | null;
  readonly render: (project: string, one: InZone<T>) => JsonObject;
}

function routesOf<T extends { readonly name: string }>(of: TypeService<T>): readonly Route[] {
  const { service, kind, part } = of;
  const path = `projects/{project}/zones/{zone}/${service}`;
  const listing = ({ project }: Context, scope: string, records: readonly InZone<T>[]) => ({
    kind,
    link: `projects/${project.id}/${scope}/${service}`,
    records,
    render: (one: InZone<T>) => of.render(project.id, one),
    keyOf: ({ type: { name }, zone }: InZone<T>) => ({ name, id: `${zone} ${name}`, createdAt: 0 }),
  });
  const inZone = (context: Context, zone: string) =>
    of.all(context, zone).map((type) => ({ type, zone }));
  return [
    reading({
      id: `${service}.list`,
      path,
      permission: `compute.${service}.list`,
      query: LIST_QUERY,
      read(context, call) {
        const zone = zoneOf(call);
        return list(call, listing(context, `zones/${zone}`, inZone(context, zone)));
      },
    }),
    reading({
      id: `${service}.aggregatedList`,
      path: `projects/{project}/aggregated/${service}`,
      permission: `compute.${service}.list`,
      query: AGGREGATED_QUERY,
      read: (context, call) =>
        aggregatedList(call, {
          ...listing(
            context,
            "aggregated",
            ZONES.flatMap((zone) => inZone(context, zone)),
          ),
          collection: service,
          scopes: "zones",
          scopeOf: ({ zone }: InZone<T>) => ({ kind: "zone", name: zone }),
        }),
    }),
    reading({
      id: `${service}.get`,
      path: `${path}/{${part}}`,
      permission: `compute.${service}.get`,
      read: (context, call) => of.render(context.project.id, one(context, call)),
    }),
  ];

  function one(context: Context, call: Call): InZone<T> {
    const zone = zoneOf(call);
    const name = call.part(part);
    const link = partialLink(context.project.id, { kind: "zone", name: zone }, service, name);
    return { type: found(of.find(context, name, zone), link), zone };
  }
}

/** Creation time of all types: the epoch, as for Google's own types. */
const CREATED = timestamp(Date.UTC(1970, 0, 1, 8));

function renderMachineType(project: string, { type, zone }: InZone<MachineType>): JsonObject {
  const { name, guestCpus, memoryMb, architecture, accelerators = [], localSsds } = type;
  return compact({
    kind: "compute#machineType",
    id: numericId("machineType", name),
    creationTimestamp: CREATED,
    name,
    description: `${guestCpus} vCPU, ${memoryMb / 1024} GB RAM`,
    guestCpus,
    memoryMb,
    imageSpaceGb: 0,
    maximumPersistentDisks: 128,
    maximumPersistentDisksSizeGb: "263168",
    zone: zone,
    selfLink: fullLink(partialLink(project, { kind: "zone", name: zone }, "machineTypes", name)),
    isSharedCpu: type.isSharedCpu ?? false,
    architecture,
    accelerators: unlessEmpty(
      accelerators.map((one) => ({
        guestAcceleratorType: one.type,
        guestAcceleratorCount: one.count,
      })),
    ),
    bundledLocalSsds:
      localSsds === undefined ? undefined : { partitionCount: localSsds, defaultInterface: "NVME" },
    deprecated:
      type.deprecated === undefined || type.deprecated === false
        ? undefined
        : { state: type.deprecated === true ? "DEPRECATED" : type.deprecated },
  });
}

function renderDiskType(project: string, { type, zone }: InZone<DiskType>): JsonObject {
  const { name, description, minimumGb, maximumGb, defaultGb } = type;
  return {
    kind: "compute#diskType",
    id: numericId("diskType", name),
    creationTimestamp: CREATED,
    name,
    description,
    validDiskSize: `${minimumGb}GB-${maximumGb}GB`,
    zone: fullLink(zoneLink(project, zone)),
    selfLink: fullLink(diskTypeLink(project, zone, name)),
    defaultDiskSizeGb: String(defaultGb),
  };
}

function renderAcceleratorType(
  project: string,
  { type, zone }: InZone<AcceleratorType>,
): JsonObject {
  const { name, description, maximum } = type;
  return {
    kind: "compute#acceleratorType",
    id: numericId("acceleratorType", name),
    creationTimestamp: CREATED,
    name,
    description,
    maximumCardsPerInstance: maximum,
    zone: fullLink(zoneLink(project, zone)),
    selfLink: fullLink(
      partialLink(project, { kind: "zone", name: zone }, "acceleratorTypes", name),
    ),
  };
}
