import type { Context } from "../context.ts";
import { diskLink } from "../disks.ts";
import { instanceLink } from "../instances.ts";
import type { Draft } from "../operations.ts";
import { regionOf } from "../places.ts";
import type { AttachedNetwork, Disk, Instance, OperationError } from "../records.ts";
import {
  type Usage,
  cpuMetric,
  exceededQuota,
  freeMachines,
  isSpot,
  poolExhausted,
} from "../usage.ts";
import { newId } from "../world.ts";
import { type DiskPlan, deprecationWarnings, incompatibleDisk, makeDisk } from "./disks.ts";
import { type AddressPools, attachNetworks } from "./networks.ts";
import type { LaunchPlan } from "./plan.ts";
import { reservationShortage } from "./reservations.ts";

/** One of the requested instances. */
export interface Member {
  readonly name: string;
  readonly hostname: string | null;
  readonly deletionProtection: boolean;
}

/** Resources reserved for the members of one launch before any of them exists. */
export interface Reservations {
  machines: number;
  readonly addresses: AddressPools;
  readonly names: Set<string>;
}

export type MemberDraft = Draft & { readonly error: OperationError | null };

export function noReservations(): Reservations {
  return { machines: 0, addresses: new Map(), names: new Set() };
}

/** The draft for one member: an instance with its disks, or the error that prevents it. */
export function draftMember(
  context: Context,
  plan: LaunchPlan,
  member: Member,
  reserved: Reservations,
): MemberDraft {
  const { project, timing } = context;
  const { zone } = plan;
  const networks = attachNetworks(context, plan.networks, reserved.addresses);
  const error =
    nameConflict(context, plan, member, reserved) ??
    incompatibleDisk(plan.disks, plan.machineType) ??
    shortage(context, plan, reserved);
  const failure = error ?? ("code" in networks ? networks : null);
  const id = newId(context.world);
  const base = {
    scope: { kind: "zone", name: zone } as const,
    type: "insert",
    targetLink: instanceLink(project.id, zone, member.name),
    targetId: id,
    warnings: deprecationWarnings(plan.disks),
  };
  if (failure !== null || "code" in networks)
    return {
      ...base,
      error: failure,
      durationMs: timing.provisioningMs,
      takeEffect: () => undefined,
    };
  reserved.machines += 1;
  reserved.names.add(member.name);
  return {
    ...base,
    error: null,
    durationMs: timing.provisioningMs + timing.stagingMs,
    takeEffect: () => createInstance(context, plan, { member, id, networks }),
  };
}

/** A name conflict, which appears only when the machine is created. */
function nameConflict(
  { project }: Context,
  { zone, disks }: LaunchPlan,
  { name }: Member,
  reserved: Reservations,
): OperationError | null {
  if (reserved.names.has(name) || project.instances.has(`${zone}/${name}`))
    return alreadyExists(instanceLink(project.id, zone, name));
  for (const [index, disk] of disks.entries()) {
    const diskName = diskNameOf(disk, name, index);
    if (disk.made !== null && project.disks.has(`${zone}/${diskName}`))
      return alreadyExists(diskLink(project.id, zone, diskName));
  }
  return null;
}

function alreadyExists(link: string): OperationError {
  return {
    code: "RESOURCE_ALREADY_EXISTS",
    message: `The resource '${link}' already exists`,
    location: null,
    httpStatus: 409,
    quota: null,
  };
}

function shortage(
  context: Context,
  { zone, machineType, disks, networks, fixed }: LaunchPlan,
  { machines }: Reservations,
): OperationError | null {
  const count = machines + 1;
  const region = regionOf(zone) ?? "";
  const added: Usage = {
    CPUS: 0,
    PREEMPTIBLE_CPUS: 0,
    [cpuMetric(context, region, isSpot(fixed))]: count * machineType.guestCpus,
    INSTANCES: count,
    DISKS_TOTAL_GB: count * disks.reduce((sum, { made }) => sum + (made?.sizeGb ?? 0), 0),
    IN_USE_ADDRESSES: count * networks.filter(({ external }) => external !== null).length,
  };
  const quota = exceededQuota(context, region, added);
  if (quota !== null) return quota;
  if (fixed.reservation.specific !== null)
    return reservationShortage(context, { zone, machineType, fixed }, count);
  const like = { machineType: machineType.name, zone, scheduling: fixed.scheduling };
  return freeMachines(context, like) < count ? poolExhausted(context.project.id, zone) : null;
}

/** The boot disk has the name of its machine unless the request names it. */
function diskNameOf({ diskName }: DiskPlan, instance: string, index: number): string {
  return diskName ?? (index === 0 ? instance : `${instance}-${index}`.slice(-63));
}

function createInstance(
  context: Context,
  plan: LaunchPlan,
  {
    member,
    id,
    networks,
  }: {
    readonly member: Member;
    readonly id: string;
    readonly networks: readonly AttachedNetwork[];
  },
): void {
  const { project, now, timing } = context;
  const { zone } = plan;
  const disks = plan.disks.map((disk, index) => {
    const diskName = diskNameOf(disk, member.name, index);
    const key = `${zone}/${diskName}`;
    const made =
      disk.made === null
        ? null
        : makeDisk(context, disk.made, { name: diskName, zone, user: member.name });
    if (made !== null) project.disks.set(key, made);
    else attachDisk(project.disks.get(key), member.name);
    return { ...disk.attached, diskName, deviceName: disk.deviceName };
  });
  const instance: Instance = {
    ...plan.fixed,
    ...member,
    id,
    zone,
    machineType: plan.machineType.name,
    disks,
    networks: [...networks],
    createdAt: now,
    history: [
      { at: now, state: "PROVISIONING" },
      { at: now + timing.provisioningMs, state: "STAGING" },
      { at: now + timing.provisioningMs + timing.stagingMs, state: "RUNNING" },
    ],
    goneAt: null,
    serialOutput: null,
  };
  project.instances.set(`${zone}/${member.name}`, instance);
}

function attachDisk(disk: Disk | undefined, user: string): void {
  if (disk !== undefined) disk.user = user;
}
