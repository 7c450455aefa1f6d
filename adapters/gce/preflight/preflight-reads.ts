import type { SlipwayError } from "../../../src/errors.ts";
import { machineTypesOf } from "../../../src/plan/machine-types.ts";
import type { GcpTarget, MachineShape, PlanDraft } from "../../../src/plan/plan.ts";
import { MEMORY_RANGE, VCPUS } from "./default-machine-type.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import { readImageLink } from "../image/links.ts";
import { reservationOf } from "../launch/reservation.ts";
import { isCustomType } from "../launch/machine-series.ts";
import { isNotFound } from "../errors/errors.ts";
import { settledRead } from "../errors/failed-reads.ts";
import { GceCallFailure } from "../errors/failure.ts";
import type { Reading } from "../../../src/substrate/reading.ts";
import type { GceReads } from "../client/reads.ts";
import type {
  AcceleratorTypeReply,
  DiskTypeReply,
  MachineTypeReply,
  ReservationReply,
  SubnetworkReply,
  ZoneReply,
} from "../client/replies.ts";
import type { SubnetReference } from "../target.ts";

/** For a workspace without an environment. */
export const DEFAULT_MACHINE_TYPE = "default";
/** Compute Engine's alias for the account that it creates in each project. */
export const DEFAULT_SERVICE_ACCOUNT = "default";

export interface PreflightReadInput {
  readonly draft: PlanDraft;
  readonly target: GcpTarget;
  /** Unique, in the plan's order. */
  readonly zones: readonly string[];
  readonly interfaces: readonly NamedInterface[];
  readonly image: ImageFacts | null;
}

/** One network interface of the machine. */
export interface NamedInterface {
  /** The placement as it would be with this interface alone. */
  readonly target: GcpTarget;
  /** Its subnet, or the reason why the name is invalid. */
  readonly named: Reading<SubnetReference>;
}

/** The replies about one interface's subnet; null if its name is invalid. */
export interface InterfaceReadings extends NamedInterface {
  readonly subnet: Reading<SubnetworkReply> | null;
  readonly permissions: Permissions | null;
}

/** The replies of one zone. */
export interface ZoneReadings {
  readonly zone: string;
  readonly state: Reading<ZoneReply>;
  /** Those of the plan's types that the zone has, or all candidates for the default; null if it did not reply. */
  readonly machineTypes: Reading<readonly MachineTypeReply[]>;
  /** Null if the plan leaves the disk type to Compute Engine. */
  readonly diskType: Reading<DiskTypeReply> | null;
  /** The other types that the plan's data disks name. */
  readonly dataDiskTypes: readonly NamedDiskType[];
  /** Null if the plan attaches no accelerators. */
  readonly acceleratorType: Reading<AcceleratorTypeReply> | null;
  /** Null if the placement names no reservation. */
  readonly reservation: Reading<ReservationReply> | null;
}

export interface NamedDiskType {
  readonly name: string;
  readonly reading: Reading<DiskTypeReply>;
}

type Permissions = Reading<{ readonly permissions: readonly string[] }>;

export interface PreflightReads {
  readonly zones: readonly ZoneReadings[];
  /** At least one, in the placement's order. */
  readonly interfaces: readonly InterfaceReadings[];
  readonly imagePermissions: Permissions | null;
  /** Address of the project's default account; null if it is not needed. */
  readonly defaultAccount: Reading<string | null> | null;
}

export function subnetPermissions({ assignPublicIp }: GcpTarget): readonly string[] {
  const use = "compute.subnetworks.use";
  return assignPublicIp ? [use, "compute.subnetworks.useExternalIp"] : [use];
}

export const IMAGE_PERMISSIONS: readonly string[] = ["compute.images.useReadOnly"];

/**
 * Makes all reads concurrently.
 *
 * @throws SlipwayError only for a cancellation
 */
export async function readForPreflight(
  reads: GceReads,
  input: PreflightReadInput,
  signal: AbortSignal,
): Promise<PreflightReads> {
  const { zones } = input;
  const [read, interfaces, bootable, account] = await Promise.all([
    Promise.all(zones.map((zone) => readZone(reads, input, zone, signal))),
    Promise.all(input.interfaces.map((one) => readInterface(reads, one, signal))),
    readImagePermissions(reads, input, signal),
    readDefaultAccount(reads, input, signal),
  ]);
  return {
    zones: read,
    interfaces,
    imagePermissions: bootable,
    defaultAccount: account,
  };
}

/**
 * The errors of the reader's calls; the launcher's errors do not make everything unknown.
 *
 * @param isZoneLeft whether a zone can be used, so that the errors of other zones concern those zones alone, unless they
 * are about the caller or the project
 */
export function readerErrors(
  { zones, interfaces, defaultAccount }: PreflightReads,
  isZoneLeft: boolean,
): readonly SlipwayError[] {
  const ofZones = zones.flatMap(({ zone: _zone, dataDiskTypes, ...readings }) => [
    ...Object.values(readings),
    ...dataDiskTypes.map(({ reading }) => reading),
  ]);
  const zoneErrors = ofZones.flatMap((reading) => reading?.error ?? []);
  const others = [...interfaces.map(({ subnet }) => subnet), defaultAccount].flatMap(
    (reading) => reading?.error ?? [],
  );
  return [
    ...(isZoneLeft ? zoneErrors.filter(({ blastRadius }) => WIDE.has(blastRadius)) : zoneErrors),
    ...others,
  ];
}

const WIDE: ReadonlySet<SlipwayError["blastRadius"]> = new Set(["account", "credential"]);

async function readZone(
  reads: GceReads,
  { draft, target }: PreflightReadInput,
  zone: string,
  signal: AbortSignal,
): Promise<ZoneReadings> {
  const at = { project: target.project, zone };
  const { diskType, accelerators: [accelerator] = [] } = draft.shape;
  const names = machineTypesOf(draft);
  const named = reservationOf(target);
  const [state, machineTypes, disk, dataDiskTypes, acceleratorType, reservation] =
    await Promise.all([
      settledRead(reads.zone(at, signal), {
        doing: `reading zone ${zone} of project ${target.project}`,
        notFound: { reason: "PLACE_NOT_FOUND", remedy: "Correct the placement's zones." },
      }),
      settledRead(readMachineTypes(reads, at, names, signal), {
        doing: `reading machine ${names.length === 1 ? "type" : "types"} ${names.join(", ")} in ${zone}`,
        notFound: { reason: "MACHINE_TYPE_NOT_FOUND" },
      }),
      diskType === null ? null : readDiskType(reads, { ...at, diskType }, signal),
      Promise.all(
        dataDiskTypesOf(draft.shape).map(async (name) => ({
          name,
          reading: await readDiskType(reads, { ...at, diskType: name }, signal),
        })),
      ),
      accelerator === undefined
        ? null
        : settledRead(reads.acceleratorType({ ...at, acceleratorType: accelerator.type }, signal), {
            doing: `reading accelerator type ${accelerator.type} in ${zone}`,
            notFound: { reason: "ACCELERATOR_NOT_FOUND" },
          }),
      named === null
        ? null
        : settledRead(
            reads.reservation({ project: named.project, zone, reservation: named.name }, signal),
            {
              doing: `reading reservation ${named.name} of project ${named.project} in ${zone}`,
              notFound: { reason: "RESERVATION_NOT_FOUND" },
            },
          ),
    ]);
  return { zone, state, machineTypes, diskType: disk, dataDiskTypes, acceleratorType, reservation };
}

/** The types that data disks name, without the root disk's. */
function dataDiskTypesOf({ diskType, dataDisks = [] }: MachineShape): readonly string[] {
  const names = new Set(dataDisks.flatMap((disk) => disk.diskType ?? []));
  return [...names].filter((name) => name !== diskType);
}

async function readDiskType(
  reads: GceReads,
  request: Parameters<GceReads["diskType"]>[0],
  signal: AbortSignal,
): Promise<Reading<DiskTypeReply>> {
  return await settledRead(reads.diskType(request, signal), {
    doing: `reading disk type ${request.diskType} in ${request.zone}`,
    notFound: { reason: "DISK_TYPE_NOT_FOUND" },
  });
}

async function readMachineTypes(
  reads: GceReads,
  at: { readonly project: string; readonly zone: string },
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly MachineTypeReply[]> {
  const [machineType = DEFAULT_MACHINE_TYPE] = names;
  if (names.length > 1) return await readSeveralTypes(reads, at, names, signal);
  if (machineType !== DEFAULT_MACHINE_TYPE)
    return [await reads.machineType({ ...at, machineType }, signal)];
  const { least, most } = MEMORY_RANGE;
  const filter = `(guestCpus = ${VCPUS}) AND (memoryMb >= ${least}) AND (memoryMb <= ${most})`;
  return await reads.machineTypes({ ...at, filter }, signal);
}

/** In one call, except for custom types, which no list has. */
async function readSeveralTypes(
  reads: GceReads,
  at: { readonly project: string; readonly zone: string },
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly MachineTypeReply[]> {
  const listed = names.filter((name) => !isCustomType(name));
  const filter = listed.map((name) => `(name = "${name}")`).join(" OR ");
  const found = await Promise.all([
    listed.length === 0 ? [] : reads.machineTypes({ ...at, filter }, signal),
    ...names
      .filter(isCustomType)
      .map(async (machineType) => await readIfThere(reads, { ...at, machineType }, signal)),
  ]);
  return found.flat();
}

/** Empty if the zone does not have the type. */
async function readIfThere(
  reads: GceReads,
  request: Parameters<GceReads["machineType"]>[0],
  signal: AbortSignal,
): Promise<readonly MachineTypeReply[]> {
  try {
    return [await reads.machineType(request, signal)];
  } catch (caught) {
    if (caught instanceof GceCallFailure && isNotFound(caught)) return [];
    throw caught;
  }
}

async function readInterface(
  reads: GceReads,
  { target, named }: NamedInterface,
  signal: AbortSignal,
): Promise<InterfaceReadings> {
  if (named.value === null) return { target, named, subnet: null, permissions: null };
  const [subnet, permissions] = await Promise.all([
    readSubnetwork(reads, named.value, signal),
    readSubnetPermissions(reads, target, named.value, signal),
  ]);
  return { target, named, subnet, permissions };
}

async function readSubnetwork(
  reads: GceReads,
  { project, region, name }: SubnetReference,
  signal: AbortSignal,
): Promise<Reading<SubnetworkReply>> {
  return await settledRead(reads.subnetwork({ project, region, subnetwork: name }, signal), {
    doing: `reading subnet projects/${project}/regions/${region}/subnetworks/${name}`,
    notFound: {
      reason: "SUBNET_NOT_FOUND",
      remedy: `Correct the placement's subnet or network_project: \`gcloud compute networks subnets list --project ${project}\`.`,
    },
  });
}

async function readSubnetPermissions(
  reads: GceReads,
  target: GcpTarget,
  subnet: SubnetReference,
  signal: AbortSignal,
): Promise<Permissions> {
  const { project, region, name } = subnet;
  const permissions = subnetPermissions(target);
  const request = { project, region, subnetwork: name, permissions };
  return await settledRead(reads.subnetworkPermissions(request, signal), {
    doing: `asking what the launcher may do with subnet ${name} of project ${project}`,
  });
}

/** Only for a pinned image; a family is not resolved yet. */
async function readImagePermissions(
  reads: GceReads,
  { draft, image, target }: PreflightReadInput,
  signal: AbortSignal,
): Promise<Permissions | null> {
  const link = readImageLink(image?.link ?? draft.artifact.id, target.project);
  if (link?.kind !== "image" || !(draft.artifact.pinned || image !== null)) return null;
  const { project, name } = link;
  const request = { project, image: name, permissions: IMAGE_PERMISSIONS };
  return await settledRead(reads.imagePermissions(request, signal), {
    doing: `asking whether the launcher may boot from image ${name} of project ${project}`,
  });
}

async function readDefaultAccount(
  reads: GceReads,
  { target }: PreflightReadInput,
  signal: AbortSignal,
): Promise<Reading<string | null> | null> {
  if (target.serviceAccount !== DEFAULT_SERVICE_ACCOUNT) return null;
  const { project } = target;
  const account = async () => (await reads.project({ project }, signal)).defaultServiceAccount;
  return await settledRead(account(), { doing: `reading project ${project}` });
}
