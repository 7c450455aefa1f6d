import type { CapacityReservation, SecurityGroup, Subnet } from "@aws-sdk/client-ec2";
import { cancellation } from "../../../src/async/cancellation.ts";
import type { JsonObject } from "../../../src/errors.ts";
import type { Check, PlanDraft, AwsTarget } from "../../../src/plan/plan.ts";
import type { InstanceOptions } from "../../../src/plan/instance.ts";
import type { PreflightReport } from "../../../src/substrate/contract.ts";
import { addressCheck, placeChecks, unreadPlaceChecks } from "./place-checks.ts";
import { confidentialImageChecks } from "./confidential-checks.ts";
import type { AwsRole } from "../client/client.ts";
import { readFacts } from "../image/image-facts.ts";
import type { InstanceSubject } from "./instance-settings.ts";
import { readTemplate } from "./launch-template.ts";
import { chooseMachine, readMachine } from "./machine-choice.ts";
import type { MachineChoice, MachineReading } from "./machine-choice.ts";
import { ipv6OnlySubnetsOf, judgePlaces } from "./places.ts";
import type { JudgedPlace } from "./places.ts";
import { preflightReport, skippedReport } from "./preflight-report.ts";
import type { PreflightFindings } from "./preflight-report.ts";
import type { AwsReader } from "../client/reads.ts";
import { unread } from "../errors/failed-reads.ts";
import { settled } from "../../../src/substrate/reading.ts";
import type { Reading } from "../../../src/substrate/reading.ts";
import { dryRunFirstCandidate, finishDryRuns } from "./dry-run-choice.ts";
import type { DryRun } from "./dry-run.ts";
import { chooseSecurityGroup } from "./security-group.ts";
import { tagCheck } from "./tag-checks.ts";
import { tenancyChecks } from "./tenancy.ts";
import { awsTarget, namedGroups } from "../target.ts";
import { volumeChecks } from "./volume-checks.ts";
import { failed, passed } from "../../../src/substrate/check.ts";

export interface PreflightPorts {
  readonly reader: AwsReader;
  readonly dryRun: DryRun;
  /** The volume types that the SDK lists. */
  readonly volumeTypes: () => Promise<readonly string[]>;
}

/**
 * All checks that need this account and region, from reads that are made concurrently, and the settings of the instance. A
 * cause that makes every read fail is reported once. Only a cancellation is thrown.
 */
export async function preflightInstance(
  ports: PreflightPorts,
  draft: PlanDraft,
  facts: JsonObject,
  signal: AbortSignal,
): Promise<PreflightReport> {
  if (signal.aborted) throw cancellation(signal, "the preflight");
  const { image, refused, skippedBecause } = readFacts(facts);
  const request = { draft, image, ipv6OnlySubnets: [], dryRun: ports.dryRun, signal };
  if (skippedBecause !== null)
    return skippedReport({ ...request, target: awsTarget(draft) }, skippedBecause);
  const template = await readTemplate(ports.reader, awsTarget(draft), signal);
  const subjectBefore = { ...request, target: template.target, template };
  const [reads, first] = await Promise.all([
    readAll(ports, subjectBefore, signal),
    dryRunFirstCandidate(subjectBefore),
  ]);
  const ipv6OnlySubnets = ipv6OnlySubnetsOf(reads.subnets.value ?? []);
  const subject = { ...subjectBefore, ipv6OnlySubnets };
  const found = evaluate(subject, reads);
  const vpcIds = [...new Set((found.places ?? []).flatMap(({ vpcId }) => vpcId ?? []))];
  const { reader } = ports;
  const tenancy = await tenancyChecks(reader, template.target, vpcIds, signal);
  const findings = {
    ...found,
    checks: [...template.checks, ...found.checks, ...tenancy],
    errors: [template.error, ...found.errors],
  };
  // Made before the subnets were known, without what a launch in an IPv6-only subnet requests.
  const isIncomplete = ipv6OnlySubnets.some(({ subnet }) => subnet === first?.place.subnet);
  const early = isIncomplete ? null : first;
  const dryRuns = await finishDryRuns(subject, early, {
    places: (findings.places ?? []).map(({ candidate }) => candidate),
    types: findings.machine.types,
  });
  return preflightReport(subject, { ...findings, imageRefused: refused }, dryRuns);
}

interface PreflightReads {
  readonly accounts: readonly { readonly role: AwsRole; readonly account: Reading<string> }[];
  readonly machine: MachineReading;
  readonly subnets: Reading<readonly Subnet[]>;
  readonly groups: Reading<readonly SecurityGroup[]>;
  /** Null if the placement names none. */
  readonly reservation: Reading<CapacityReservation> | null;
  readonly volumeTypes: readonly string[];
}

async function readAll(
  { reader, volumeTypes }: PreflightPorts,
  { draft, target }: InstanceSubject,
  signal: AbortSignal,
): Promise<PreflightReads> {
  const accountOf = async (role: AwsRole) => ({
    role,
    account: await settled(reader.account(role, signal)),
  });
  const reservationId = target.capacityReservation?.id;
  const [machine, subnets, groups, reservation, accounts, types] = await Promise.all([
    readMachine(reader, draft, signal),
    settled(reader.subnets(target.subnetIds, signal)),
    settled(reader.securityGroups(namedGroups(target), signal)),
    reservationId === undefined ? null : settled(reader.capacityReservation(reservationId, signal)),
    Promise.all(rolesOf(target).map(accountOf)),
    // The list serves only to check a disk type.
    draft.shape.diskType === null && draft.shape.dataDisks === undefined ? [] : volumeTypes(),
  ]);
  return { accounts, machine, subnets, groups, reservation, volumeTypes: types };
}

function evaluate(
  subject: InstanceSubject,
  answers: PreflightReads,
): Omit<PreflightFindings, "imageRefused"> {
  const { draft, target, image } = subject;
  const { machine: reading, subnets, groups, reservation, accounts, volumeTypes } = answers;
  const zones = [...new Set((subnets.value ?? []).flatMap((one) => one.AvailabilityZone ?? []))];
  const machine = chooseMachine({
    reading,
    draft,
    confidential: target.confidential,
    image,
    region: target.region,
    zones: zones.toSorted(),
  });
  const places = subnets.value === null ? null : evaluatePlaces(subject, answers, machine);
  const group =
    groups.value === null ? null : chooseSecurityGroup(target, groups.value, places ?? []);
  return {
    machine,
    places,
    group,
    checks: [
      ...accounts.map(({ role, account }) => accountCheck(role, target, account)),
      ...machine.checks,
      ...(subnets.error === null
        ? placeChecks(places ?? [], machine, comparableOptions(target, reservation))
        : unreadPlaceChecks(subnets.error, target)),
      ...addressChecks(subject, subnets.value, places),
      ...(reservation === null || reservation.error === null
        ? []
        : [unread("capacity-reservation.exists", reservation.error)]),
      ...(groups.error === null ? [] : [unread("security-group.exists", groups.error)]),
      ...(group === null ? [] : [group.check]),
      ...volumeChecks({
        shape: draft.shape,
        target,
        image,
        volumeTypes,
        machineTypes: machine.types,
      }),
      ...confidentialImageChecks(target.confidential, image),
      tagCheck(target),
    ],
    errors: [
      ...accounts.map(({ account }) => account.error),
      ...machine.errors,
      subnets.error,
      groups.error,
      reservation?.error ?? null,
    ],
  };
}

/** Without a reservation that EC2 describes, there is nothing to compare the places with. */
function comparableOptions(
  target: AwsTarget,
  reservation: PreflightReads["reservation"],
): InstanceOptions {
  const { capacityReservation: _unread, ...options } = target;
  return reservation === null || reservation.error !== null ? options : target;
}

function addressChecks(
  { target }: InstanceSubject,
  subnets: readonly Subnet[] | null,
  places: readonly JudgedPlace[] | null,
): readonly Check[] {
  if (subnets === null || places === null) return [];
  const candidates = places.map(({ candidate }) => candidate);
  return [addressCheck(target, candidates, subnets)];
}

function evaluatePlaces(
  { draft, target }: InstanceSubject,
  { subnets, groups, reservation }: PreflightReads,
  machine: MachineChoice,
): readonly JudgedPlace[] {
  const ids = namedGroups(target);
  const named = groups.value?.filter(({ GroupId = "" }) => ids.includes(GroupId));
  return judgePlaces({
    candidates: draft.candidates,
    target,
    subnets: subnets.value ?? [],
    securityGroups: named ?? [],
    reservation: reservation?.value ?? null,
    types: machine.types,
  });
}

/** The roles that a placement uses: one for everything, or one for launches and one for reads. */
export function rolesOf({
  roleArn,
  readonlyRoleArn,
}: Pick<AwsTarget, "roleArn" | "readonlyRoleArn">): readonly AwsRole[] {
  return readonlyRoleArn === null || readonlyRoleArn === roleArn
    ? ["launcher"]
    : ["launcher", "reader"];
}

const CHECKS: Readonly<Record<AwsRole, { readonly name: string; readonly whose: string }>> = {
  launcher: { name: "account.launcher", whose: "the credentials that launch" },
  reader: { name: "account.reader", whose: "the credentials that read" },
};

/** Checks that the role's credentials belong to the placement's account. */
export function accountCheck(
  role: AwsRole,
  { accountId, region }: Pick<AwsTarget, "accountId" | "region">,
  found: Reading<string>,
): Check {
  const { name, whose } = CHECKS[role];
  if (found.error !== null) return unread(name, found.error);
  if (found.value === accountId) return passed(name, `${whose} belong to account ${accountId}`);
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "ACCOUNT_MISMATCH",
    message: `${whose} belong to account ${found.value}, but the placement is in account ${accountId}`,
    remedy: `Use credentials of account ${accountId} (a profile, or a role_arn in the placement), or correct account_id.`,
    blastRadius: "credential",
    metadata: { account_id: found.value, placement_account_id: accountId, region },
  });
}
