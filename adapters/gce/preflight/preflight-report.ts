import type { SlipwayError } from "../../../src/errors.ts";
import { machineTypesOf } from "../../../src/plan/machine-types.ts";
import type { Candidate, Check, GcpTarget, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, skipped, failedBy } from "../../../src/substrate/check.ts";
import type { PreflightReport } from "../../../src/substrate/contract.ts";
import {
  acceleratorChecks,
  attachmentCheck,
  MACHINE_TYPE_ACCELERATORS,
} from "./accelerator-checks.ts";
import type { AcceleratorFinding } from "./accelerator-checks.ts";
import {
  DATA_DISK_COUNT,
  DATA_DISKS_OF_SERIES,
  dataDiskTypeChecks,
  diskOptionChecks,
} from "./data-disk-checks.ts";
import { DISK_OF_SERIES, diskSizeCheck, diskTypeChecks } from "./disk-checks.ts";
import type { DiskTypeFinding } from "./disk-checks.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import {
  findingAt,
  MACHINE_TYPE_AGE,
  MACHINE_TYPE_IMAGE,
  MACHINE_TYPE_OFFERED,
  machineTypeChecks,
  machineTypeFacts,
  networkCardChecks,
} from "./machine-type-checks.ts";
import type { MachineTypeFinding, OtherZones } from "./machine-type-checks.ts";
import {
  interfaceChecks,
  interfaceCountChecks,
  MACHINE_TYPE_INTERFACES,
} from "./interface-checks.ts";
import { subnetChecks } from "./network-checks.ts";
import { isAllowed, permissionCheck, serviceAccountCheck } from "./permission-checks.ts";
import { IMAGE_PERMISSIONS, readerErrors, subnetPermissions } from "./preflight-reads.ts";
import type { NamedInterface, PreflightReads } from "./preflight-reads.ts";
import { obstacleChecks, obstacleName } from "../errors/failed-reads.ts";
import { wordsOf } from "../errors/shared-refusal.ts";
import { gcpTarget } from "../target.ts";
import { instanceSettings, instanceSources } from "./instance-settings.ts";
import { maintenanceChecks, refusedMaintenance } from "./maintenance-checks.ts";
import { checksOfTypes, refusalOfType } from "../../../src/substrate/type-checks.ts";
import type { TypeChecks } from "../../../src/substrate/type-checks.ts";
import { subnetLink } from "../target.ts";
import { refusedReservation, reservationChecks } from "./reservation-checks.ts";
import type { ReservationFinding, ReservedMachine } from "./reservation-checks.ts";
import {
  confidentialChecks,
  imageSecurityChecks,
  MACHINE_TYPE_CONFIDENTIAL,
} from "./security-checks.ts";
import { zoneChecks } from "./zone-checks.ts";
import type { ZoneFinding } from "./zone-checks.ts";

/** Everything known after the preflight reads. */
export interface Found {
  readonly draft: PlanDraft;
  readonly target: GcpTarget;
  readonly image: ImageFacts | null;
  readonly readings: PreflightReads;
  readonly zones: readonly ZoneFinding[];
  /** In order of preference; at least one. */
  readonly machineTypes: readonly MachineTypeFinding[];
  readonly diskType: DiskTypeFinding;
  /** Of the types that data disks name. */
  readonly dataDiskTypes: readonly DiskTypeFinding[];
  readonly accelerators: AcceleratorFinding;
  readonly reservation: ReservationFinding;
}

/**
 * Of several types, one that fails such a check is left out; any other failure of a type is a mistake of the record.
 */
const RULING_CHECKS: ReadonlySet<string> = new Set([
  MACHINE_TYPE_OFFERED,
  MACHINE_TYPE_AGE,
  MACHINE_TYPE_IMAGE,
  MACHINE_TYPE_ACCELERATORS,
  DISK_OF_SERIES,
  MACHINE_TYPE_CONFIDENTIAL,
  DATA_DISKS_OF_SERIES,
  DATA_DISK_COUNT,
  MACHINE_TYPE_INTERFACES,
]);

/**
 * Evaluates the reads: all checks, each candidate's verdict, and the settings of a launch.
 *
 * @param others zones with a type that no zone of the placement has, by type
 */
export function preflightReport(
  found: Found,
  others: ReadonlyMap<string, OtherZones>,
): PreflightReport {
  const { draft, target, image, readings, zones, machineTypes, diskType } = found;
  const ofTypes = machineTypes.map((finding) => ({
    name: finding.name,
    checks: typeChecks(found, finding, others.get(finding.name) ?? null),
  }));
  const candidates = draft.candidates.map((candidate) => judged(candidate, found, ofTypes));
  const isLeft = candidates.some(({ verdict }) => verdict === "eligible");
  const errors = readerErrors(readings, isLeft);
  const checks: readonly Check[] = [
    ...obstacleChecks(`Compute Engine answers for project ${target.project}`, errors),
    ...zoneChecks(zones),
    ...checksOfTypes(ofTypes, RULING_CHECKS),
    ...maintenanceChecks(found, machineTypes, isLeft),
    ...acceleratorChecks(found.accelerators),
    ...imageSecurityChecks(target, image),
    ...reservationChecks(found.reservation, machineOf(found), candidates),
    diskSizeCheck(draft, diskType, image),
    ...diskOptionChecks(draft, image, found.dataDiskTypes),
    ...readings.interfaces.flatMap((one) =>
      subnetChecks({
        ...one,
        isUsable: isAllowed(one.permissions, subnetPermissions(one.target)),
      }),
    ),
    ...interfaceChecks(readings.interfaces),
    ...permissionChecks(found, !errors.some((error) => obstacleName(error) !== null)),
    serviceAccountCheck(target, readings.defaultAccount),
  ];
  const facts = machineTypes.flatMap(({ type }) =>
    type === null ? [] : machineTypeFacts(type, draft.shape),
  );
  return {
    checks: [...checks, ...placeCheck(checks, candidates)],
    candidates,
    machineType: machineTypes[0]?.name ?? draft.machineType,
    ...(facts.length === 0 ? {} : { machineTypes: facts }),
    settings: instanceSettings(draft, readings.interfaces, { machineTypes, image }),
    sources: instanceSources(draft, machineTypes),
  };
}

function typeChecks(
  { draft, target, diskType, image, accelerators }: Found,
  finding: MachineTypeFinding,
  others: OtherZones,
): readonly Check[] {
  return [
    ...machineTypeChecks(draft, finding, others),
    ...attachmentCheck(accelerators, finding.type),
    ...diskTypeChecks(diskType, finding.name),
    ...dataDiskTypeChecks(draft.shape, finding.name, finding.type),
    ...networkCardChecks(finding.name, image),
    ...interfaceCountChecks(target, finding),
    ...confidentialChecks(target, finding.name),
  ];
}

function permissionChecks(found: Found, isAnswered: boolean): readonly Check[] {
  const { draft, target, image, readings } = found;
  return [
    permissionCheck({
      check: "permission.image",
      target,
      resource: image?.link ?? draft.artifact.id,
      wanted: IMAGE_PERMISSIONS,
      reason: "IMAGE_PERMISSION_DENIED",
      role: "roles/compute.imageUser",
      answer: readings.imagePermissions,
      isAnswered,
    }),
    ...readings.interfaces.map((one) =>
      permissionCheck({
        check: "permission.subnet",
        target: one.target,
        resource: one.named.value === null ? one.target.subnet : subnetLink(one.named.value),
        wanted: subnetPermissions(one.target),
        reason: "CLOUD_PERMISSION_DENIED",
        role: "roles/compute.networkUser",
        answer: one.permissions,
        isAnswered,
      }),
    ),
    skipped(
      "permission.launch",
      "Compute Engine has no dry run of a launch: only permissions on image and subnet can be tested",
    ),
  ];
}

function judged(candidate: Candidate, found: Found, ofTypes: readonly TypeChecks[]): Candidate {
  const { zones, machineTypes, diskType, dataDiskTypes, accelerators } = found;
  const { place, machineType } = candidate;
  const zone = zones.find((one) => one.zone === place);
  const ofType = ofTypes.find(({ name }) => name === machineType)?.checks ?? [];
  const finding = findingAt(machineTypes, candidate);
  const reason =
    (zone === undefined || zone.is === "up" ? null : zone.why) ??
    finding?.absent.get(place) ??
    refusalOfType(ofType, RULING_CHECKS)?.message ??
    [diskType, ...dataDiskTypes].find(({ absent }) => absent.has(place))?.absent.get(place) ??
    accelerators.absent.get(place) ??
    refusedMaintenance(found, candidate, finding) ??
    refusedReservation(found.reservation, machineOf(found), candidate);
  return { ...candidate, verdict: reason === null ? "eligible" : "rejected", reason };
}

/** With the type that Compute Engine was found to have in place of the default. */
function machineOf({ draft, machineTypes }: Found): ReservedMachine {
  return { shape: draft.shape, machineType: machineTypes[0]?.name ?? draft.machineType };
}

/** Needed because candidates may each be rejected for different reasons without any failed check. */
function placeCheck(checks: readonly Check[], candidates: readonly Candidate[]): readonly Check[] {
  const isLeft = candidates.some(({ verdict }) => verdict === "eligible");
  if (isLeft || checks.some(({ outcome }) => outcome === "failed")) return [];
  const reasons = distinct(
    candidates.map(
      ({ place, machineType, reason }) =>
        `${machineType === undefined ? "" : `${machineType} in `}${place}: ${reason ?? ""}`,
    ),
  );
  return [
    failed("place.available", {
      code: "FAILED_PRECONDITION",
      reason: "PLACE_UNAVAILABLE",
      message: `no zone of the placement can take the machine: ${reasons.join("; ")}`,
      remedy:
        "Give the placement a zone that is up and has both the machine type and the disk type.",
      blastRadius: "region",
      metadata: { zones: reasons },
    }),
  ];
}

/** A zone may be rejected for the same reason in both markets. */
function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

/** If the image's read found Compute Engine unreachable, no further call is made. */
export function skippedReport(
  draft: PlanDraft,
  interfaces: readonly NamedInterface[],
): PreflightReport {
  const why = "unknown, because Compute Engine did not reply for the image";
  return emptyReport(draft, interfaces, {
    why,
    checks: SKIPPED_CHECKS.map((name) => skipped(name, why)),
  });
}

/** Without its project no part of a placement can be found, so one failure stands for all. */
export function absentProjectReport(
  draft: PlanDraft,
  interfaces: readonly NamedInterface[],
  absence: SlipwayError,
): PreflightReport {
  const { project } = gcpTarget(draft);
  const why = `there is no project ${project}, or the caller may not know of it: ${wordsOf(absence) ?? absence.message}`;
  const missing = failed("project.found", {
    code: "NOT_FOUND",
    reason: "PROJECT_NOT_FOUND",
    message: why,
    remedy: "Correct the placement's project, or have the caller granted access to it.",
    blastRadius: "account",
    metadata: { project },
  });
  const unknown = SKIPPED_CHECKS.map((name) => skipped(name, "unknown: there is no project"));
  return emptyReport(draft, interfaces, { why, checks: [missing, ...unknown] });
}

/** One failure stands for all reads that Compute Engine refused in the same words. */
export function refusedReport(
  draft: PlanDraft,
  interfaces: readonly NamedInterface[],
  error: SlipwayError,
): PreflightReport {
  const failure = failedBy(obstacleName(error) ?? "cloud.credentials", error);
  const why = "unknown, because Compute Engine refuses every call for the project";
  return emptyReport(draft, interfaces, {
    why: error.message,
    checks: [failure, ...SKIPPED_CHECKS.map((name) => skipped(name, why))],
  });
}

const SKIPPED_CHECKS = [
  "zone.state",
  "machine-type.offered",
  "volume.type",
  "subnets.exist",
  "permission.image",
  "permission.subnet",
] as const;

function emptyReport(
  draft: PlanDraft,
  interfaces: readonly NamedInterface[],
  { why, checks }: { readonly why: string; readonly checks: readonly Check[] },
): PreflightReport {
  const wrong = interfaces.flatMap(({ named: { error } }) =>
    error === null ? [] : [failedBy("subnets.exist", error)],
  );
  return {
    checks: [...checks, ...wrong],
    candidates: draft.candidates.map((candidate) => ({
      ...candidate,
      verdict: "rejected",
      reason: why,
    })),
    machineType: draft.machineType,
    settings: instanceSettings(draft, interfaces, {
      machineTypes: machineTypesOf(draft).map((name) => ({ name, type: null })),
      image: null,
    }),
    sources: {},
  };
}
