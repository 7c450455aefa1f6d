import { cancellation } from "../../../src/async/cancellation.ts";
import { isSlipwayError } from "../../../src/errors.ts";
import type { JsonObject, SlipwayError } from "../../../src/errors.ts";
import type { GcpTarget, PlanDraft } from "../../../src/plan/plan.ts";
import type { PreflightReport } from "../../../src/substrate/contract.ts";
import { findAccelerators } from "./accelerator-checks.ts";
import { findDataDiskTypes, findDiskType } from "./disk-checks.ts";
import { readFacts } from "../image/image-facts.ts";
import { findMachineTypes } from "./machine-type-checks.ts";
import type { OtherZones } from "./machine-type-checks.ts";
import {
  absentProjectReport,
  preflightReport,
  refusedReport,
  skippedReport,
} from "./preflight-report.ts";
import type { Found } from "./preflight-report.ts";
import { DEFAULT_MACHINE_TYPE, readForPreflight } from "./preflight-reads.ts";
import type { PreflightReads } from "./preflight-reads.ts";
import { settledRead } from "../errors/failed-reads.ts";
import { sharedRefusal } from "../errors/shared-refusal.ts";
import { findReservation } from "./reservation-checks.ts";
import type { Reading } from "../../../src/substrate/reading.ts";
import type { GceReads } from "../client/reads.ts";
import { gcpTarget, interfaceTargets, subnetOf } from "../target.ts";
import type { SubnetReference } from "../target.ts";
import { isThere, zoneFindings } from "./zone-checks.ts";
import type { ZoneFinding } from "./zone-checks.ts";

/**
 * Runs all checks that need Compute Engine, from one round of concurrent reads; further reads only explain a failure.
 * Problems are failed checks; only a cancellation is thrown.
 */
export async function preflightInstance(
  reads: GceReads,
  draft: PlanDraft,
  facts: JsonObject,
  signal: AbortSignal,
): Promise<PreflightReport> {
  if (signal.aborted) throw cancellation(signal, "the preflight");
  const target = gcpTarget(draft);
  const { image, unanswered } = readFacts(facts);
  const interfaces = interfaceTargets(target).map((one) => ({
    target: one,
    named: namedSubnet(one),
  }));
  // The image's read found Compute Engine unreachable.
  if (unanswered) return skippedReport(draft, interfaces);
  const zones = [...new Set(draft.candidates.map(({ place }) => place))];
  const input = { draft, target, zones, interfaces, image };
  const readings = await readForPreflight(reads, input, signal);
  const absent = isProjectAbsent(readings) ? await projectAbsence(reads, target, signal) : null;
  if (absent !== null) return absentProjectReport(draft, interfaces, absent);
  const refused = sharedRefusal(resourceErrors(readings), target.project);
  if (refused !== null) return refusedReport(draft, interfaces, refused);
  const findings = zoneFindings(readings.zones);
  const there = readings.zones.filter((_, index) => isThere(findings[index]));
  const found: Found = {
    draft,
    target,
    image,
    readings,
    zones: findings,
    machineTypes: findMachineTypes(draft, there),
    diskType: findDiskType(draft, there),
    dataDiskTypes: findDataDiskTypes(draft, there),
    accelerators: findAccelerators(draft, there),
    reservation: findReservation(draft, there),
  };
  return preflightReport(found, await otherZones(reads, found, signal));
}

/** The errors of the reads of each zone and subnet. */
function resourceErrors({ zones, interfaces }: PreflightReads): readonly (SlipwayError | null)[] {
  return [
    ...zones.map(({ state }) => state.error),
    ...interfaces.flatMap(({ subnet }) => (subnet === null ? [] : [subnet.error])),
  ];
}

function namedSubnet(target: GcpTarget): Reading<SubnetReference> {
  try {
    return { value: subnetOf(target), error: null };
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return { value: null, error: caught };
  }
}

/** If no zone is found, the project may be the cause: both give a 404, or a 403 that says so. */
function isProjectAbsent({ zones }: PreflightReads): boolean {
  return zones.every(({ state: { error } }) =>
    ["PLACE_NOT_FOUND", "PROJECT_NOT_FOUND"].includes(error?.reason ?? ""),
  );
}

/** Null unless Compute Engine says that the caller has no such project. */
async function projectAbsence(
  reads: GceReads,
  { project }: GcpTarget,
  signal: AbortSignal,
): Promise<SlipwayError | null> {
  const read = await settledRead(reads.project({ project }, signal), {
    doing: `reading project ${project}`,
    notFound: { reason: "PROJECT_NOT_FOUND" },
  });
  return read.error?.reason === "PROJECT_NOT_FOUND" ? read.error : null;
}

/** Read only for types that no zone of the placement is known to have, if none is left, and not for the default. */
async function otherZones(
  reads: GceReads,
  { draft, target, machineTypes, zones }: Found,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, OtherZones>> {
  const isUnneeded = machineTypes.some(({ type, error }) => type !== null || error !== null);
  if (isUnneeded || zones.some(isUnread) || draft.machineType === DEFAULT_MACHINE_TYPE)
    return new Map();
  const { project } = target;
  const found = machineTypes.map(async ({ name: machineType }) => {
    const read = await settledRead(reads.machineTypeZones({ project, machineType }, signal), {
      doing: `looking for machine type ${machineType} in all zones`,
    });
    return [machineType, read.value] as const;
  });
  return new Map(await Promise.all(found));
}

/** Whether Compute Engine gave no usable answer about the zone. */
function isUnread(zone: ZoneFinding): boolean {
  return zone.is === "unread";
}
