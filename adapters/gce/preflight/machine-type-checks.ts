import type { SlipwayError } from "../../../src/errors.ts";
import { machineTypesOf } from "../../../src/plan/machine-types.ts";
import type {
  Candidate,
  Check,
  MachineShape,
  MachineTypeFacts,
  PlanDraft,
} from "../../../src/plan/plan.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { defaultMachineType, MEMORY_RANGE, VCPUS } from "./default-machine-type.ts";
import { architectureOf } from "../image/image-facts.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import { DEFAULT_MACHINE_TYPE } from "./preflight-reads.ts";
import type { ZoneReadings } from "./preflight-reads.ts";
import { unread } from "../errors/failed-reads.ts";
import { neededGuestFeature } from "../launch/machine-series.ts";
import { offeredIn } from "./offered-check.ts";
import type { MachineTypeReply } from "../client/replies.ts";

export const MACHINE_TYPE_OFFERED = "machine-type.offered";
export const MACHINE_TYPE_AGE = "machine-type.deprecation";
export const MACHINE_TYPE_IMAGE = "machine-type.image";

/** The zones' answers about one of the plan's machine types. */
export interface MachineTypeFinding {
  /** The provider's name; the draft's if it is unknown. */
  readonly name: string;
  /** Null if no zone has one. */
  readonly type: MachineTypeReply | null;
  /** Zones that do not have it, or do not say so, with the reason. */
  readonly absent: ReadonlyMap<string, string>;
  /** The first error of a zone that did not answer the question. */
  readonly error: SlipwayError | null;
}

/**
 * The plan's machine types in order of preference, or the default one, from the given zones' offers.
 *
 * @param readings of existing zones
 */
export function findMachineTypes(
  draft: PlanDraft,
  readings: readonly ZoneReadings[],
): readonly MachineTypeFinding[] {
  return machineTypesOf(draft).map((name) => findMachineType(draft, name, readings));
}

/** The finding about the type that is launched at the candidate. */
export function findingAt(
  findings: readonly MachineTypeFinding[],
  { machineType }: Pick<Candidate, "machineType">,
): MachineTypeFinding | undefined {
  if (machineType === undefined) return findings[0];
  return findings.find(({ name }) => name === machineType);
}

function findMachineType(
  { architecture }: PlanDraft,
  requested: string,
  readings: readonly ZoneReadings[],
): MachineTypeFinding {
  const offers = readings.flatMap(({ zone, machineTypes: { value } }) =>
    value === null ? [] : [{ zone, types: value }],
  );
  const type =
    requested === DEFAULT_MACHINE_TYPE
      ? defaultMachineType(offers, architecture)
      : (offers.flatMap(({ types }) => types).find(({ name }) => name === requested) ?? null);
  const name = type?.name ?? requested;
  const absent = new Map<string, string>();
  let error: SlipwayError | null = null;
  for (const { zone, machineTypes } of readings) {
    if (machineTypes.error !== null && !isAbsent(machineTypes.error)) {
      error ??= machineTypes.error;
      absent.set(zone, machineTypes.error.message);
    } else if (machineTypes.value?.some((one) => one.name === name) !== true)
      absent.set(zone, `${zone} has no machine type ${named(name)}`);
  }
  return { name, type, absent, error };
}

function isAbsent({ reason }: SlipwayError): boolean {
  return reason === "MACHINE_TYPE_NOT_FOUND";
}

function named(name: string): string {
  return name === DEFAULT_MACHINE_TYPE ? `of ${generalSize()}` : name;
}

function generalSize(): string {
  const { least, most } = MEMORY_RANGE;
  return `${VCPUS} vCPUs and ${least / 1024} to ${most / 1024} GiB`;
}

/** Other zones with the type, if no zone of the placement has it: a hint. Null if they were not read. */
export type OtherZones = readonly string[] | null;

export function machineTypeChecks(
  draft: PlanDraft,
  finding: MachineTypeFinding,
  otherZones: OtherZones,
): readonly Check[] {
  const { type } = finding;
  const offered = offeredCheck(draft, finding, otherZones);
  if (type === null) {
    const why = "unknown, because no zone of the placement reported the machine type";
    return [offered, skipped("machine-type.architecture", why), skipped("machine-type.shape", why)];
  }
  return [offered, architectureCheck(draft, type), shapeCheck(draft, type), ...age(type)];
}

function offeredCheck(
  draft: PlanDraft,
  { name, type, absent, error }: MachineTypeFinding,
  otherZones: OtherZones,
): Check {
  const check = MACHINE_TYPE_OFFERED;
  const whys = [...absent.values()].join("; ");
  if (type !== null) return offeredIn(check, `machine type ${name} is offered`, { whys, error });
  if (error !== null) return unread(check, error);
  const anywhere = otherZones !== null && otherZones.length > 0;
  const hint = anywhere ? `; these have it: ${otherZones.join(", ")}` : "";
  const isUnknown = otherZones !== null && !anywhere;
  if (absent.size === 0 && !isUnknown)
    return skipped(check, `unknown, because no zone could be read${hint}`);
  return failed(check, {
    code: isUnknown ? "NOT_FOUND" : "FAILED_PRECONDITION",
    reason: isUnknown ? "MACHINE_TYPE_NOT_FOUND" : "MACHINE_TYPE_NOT_OFFERED",
    message: isUnknown
      ? `no zone has a machine type ${name}`
      : `no zone of the placement has a machine type ${name === DEFAULT_MACHINE_TYPE ? `of ${generalSize()} for ${draft.architecture}` : name}: ${whys}${hint}`,
    remedy: isUnknown
      ? "Correct the machine-type record: `gcloud compute machine-types list` has the names."
      : "Give the placement zones that have the machine type, or name another one in the environment.",
    blastRadius: "region",
    metadata: { machine_type: name, zones: [...absent.keys()], other_zones: otherZones ?? [] },
  });
}

function architectureCheck(draft: PlanDraft, type: MachineTypeReply): Check {
  const check = "machine-type.architecture";
  const actual = architectureOf(type.architecture);
  if (actual === draft.architecture) return passed(check, `machine type ${type.name} is ${actual}`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "ARCHITECTURE_MISMATCH",
    message: `the image is for ${draft.architecture}, but machine type ${type.name} is ${actual ?? type.architecture}`,
    remedy: `Name a machine type for ${draft.architecture} in the environment, or an image for ${actual ?? "another architecture"}${recordRemedy(draft)}.`,
    metadata: {
      image_architecture: draft.architecture,
      machine_type: type.name,
      machine_type_architecture: actual ?? type.architecture,
    },
  });
}

/** The record claims the architecture that the image needs, so the record is wrong in any case. */
function recordRemedy({ shape: { record }, architecture }: PlanDraft): string {
  return record === null ? "" : `; correct machine-type ${record}, which says ${architecture}`;
}

/**
 * People rely on the record, but the provider's values apply. A record of several types says what each of them has at
 * least.
 */
function shapeCheck(draft: PlanDraft, type: MachineTypeReply): Check {
  const check = "machine-type.shape";
  const { shape } = draft;
  const isOneOfSeveral = machineTypesOf(draft).length > 1;
  const gib = gibibytes(type);
  const actual = `${type.guestCpus ?? "unknown"} vCPUs and ${gib ?? "unknown"} GiB`;
  const { record, vcpus, memoryGb } = shape;
  const moreCpus = vcpus === null || type.guestCpus === null ? 0 : type.guestCpus - vcpus;
  const moreMemory = memoryGb === null || gib === null ? 0 : gib - memoryGb;
  const fitsCpus = isOneOfSeveral ? moreCpus >= 0 : moreCpus === 0;
  const fitsMemory = isOneOfSeveral
    ? moreMemory > -SAME_MEMORY
    : Math.abs(moreMemory) < SAME_MEMORY;
  if (fitsCpus && fitsMemory) return passed(check, `machine type ${type.name} has ${actual}`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "MACHINE_TYPE_MISMATCH",
    message: `machine type record ${record ?? ""} says ${isOneOfSeveral ? "at least " : ""}${vcpus ?? "unknown"} vCPUs and ${memoryGb ?? "unknown"} GiB, but ${type.name} has ${actual}`,
    remedy: `Correct vcpus and memory_gb of the machine-type record, or the ${isOneOfSeveral ? "types" : "type"} that it names.`,
    metadata: {
      machine_type: type.name,
      vcpus: type.guestCpus,
      memory_gb: gib,
      record_vcpus: vcpus,
      record_memory_gb: memoryGb,
    },
  });
}

function gibibytes({ memoryMb }: MachineTypeReply): number | null {
  return memoryMb === null ? null : memoryMb / 1024;
}

/**
 * A machine type for the plan, with the accelerators that the record adds. Compute Engine does not report the memory of
 * GPUs.
 */
export function machineTypeFacts(
  type: MachineTypeReply,
  { accelerators: added = [] }: Pick<MachineShape, "accelerators">,
): MachineTypeFacts {
  const own = type.accelerators.map(({ guestAcceleratorType, guestAcceleratorCount }) => ({
    type: guestAcceleratorType,
    count: guestAcceleratorCount ?? 1,
  }));
  // Types with accelerators of their own take no others.
  const all = added.length > 0 ? added : own;
  return {
    name: type.name,
    vcpus: type.guestCpus,
    memoryGb: gibibytes(type),
    gpus: all.map(({ type: name, count }) => ({ name, count, memoryGb: null })),
  };
}

/** Records may write 3.75 GiB with any number of digits. */
const SAME_MEMORY = 0.06;

/**
 * Whether the image is marked for the machine's network card. Compute Engine refuses bare metal without the mark; the
 * need of newer series is documented only, and a machine without it has no network.
 */
export function networkCardChecks(machineType: string, image: ImageFacts | null): readonly Check[] {
  const check = MACHINE_TYPE_IMAGE;
  const feature = neededGuestFeature(machineType);
  if (feature === null || image === null) return [];
  if (image.guestOsFeatures.includes(feature))
    return [passed(check, `${image.link} has the driver for ${machineType}'s network card`)];
  const finding = {
    reason: "IMAGE_UNSUPPORTED",
    message: `${image.link} has no guest feature ${feature}, which the network card of machine type ${machineType} needs`,
    remedy: `Name an image with the guest feature ${feature}, or another machine type.`,
  } as const;
  if (feature === "GVNIC") return [warning(check, finding)];
  return [
    failed(check, {
      code: "FAILED_PRECONDITION",
      ...finding,
      blastRadius: "image",
      metadata: { image: image.link, machine_type: machineType },
    }),
  ];
}

/** Google still makes machines of a deprecated type, and none of an obsolete one. */
function age({ name, deprecated }: MachineTypeReply): readonly Check[] {
  const check = MACHINE_TYPE_AGE;
  const state = deprecated?.state ?? "ACTIVE";
  if (state === "ACTIVE") return [];
  const message = `machine type ${name} is ${state}`;
  const remedy = "Name its successor in the machine-type record.";
  if (state === "DEPRECATED") return [warning(check, { message, remedy })];
  return [
    failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "MACHINE_TYPE_NOT_OFFERED",
      message,
      remedy,
      metadata: { machine_type: name, state },
    }),
  ];
}
