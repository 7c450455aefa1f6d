import type { SlipwayError } from "../../../src/errors.ts";
import type { Candidate, Check } from "../../../src/plan/plan.ts";
import { skipped } from "../../../src/substrate/check.ts";
import type { PreflightReport } from "../../../src/substrate/contract.ts";
import { instanceSettings } from "./instance-settings.ts";
import type { InstanceSubject } from "./instance-settings.ts";
import type { MachineChoice } from "./machine-choice.ts";
import type { JudgedPlace } from "./places.ts";
import { obstacleChecks, obstacleName } from "../errors/failed-reads.ts";
import { REHEARSAL_CHECK, rehearsalCheck } from "./dry-run.ts";
import type { Rehearsal } from "./dry-run-choice.ts";
import type { GroupChoice } from "./security-group.ts";
import { planSettings } from "../settings.ts";
import { tagCheck } from "./tag-checks.ts";

/** What the answers of AWS come to. */
export interface Judged {
  readonly checks: readonly Check[];
  readonly machine: MachineChoice;
  /** Null where no subnet could be read. */
  readonly places: readonly JudgedPlace[] | null;
  readonly group: GroupChoice | null;
  /** Whether the image's own checks have refused it. */
  readonly imageRefused: boolean;
  /** Of the reads that failed. */
  readonly errors: readonly (SlipwayError | null)[];
}

export function preflightReport(
  subject: InstanceSubject,
  judged: Judged,
  rehearsal: Rehearsal | null,
): PreflightReport {
  const { draft } = subject;
  const { machine, places, group } = judged;
  const instanceType = machine.name ?? draft.machineType;
  const settings = instanceSettings(subject, instanceType, group?.ids ?? []);
  return {
    checks: allChecks(subject, judged, rehearsal),
    candidates:
      places?.map(({ candidate }) => candidate) ??
      rejected(draft.candidates, "the subnets could not be read"),
    machineType: instanceType,
    settings: planSettings(settings),
    sources: sourcesOf(subject, judged),
  };
}

/** The image's own checks have said why AWS cannot be asked: what needs nobody's answer is left. */
export function unaskedReport(subject: InstanceSubject, why: string): PreflightReport {
  const { draft, target } = subject;
  return {
    checks: [skipped("preflight", "AWS could not be asked"), tagCheck(target.tags)],
    candidates: rejected(draft.candidates, why),
    machineType: draft.machineType,
    settings: planSettings(instanceSettings(subject, draft.machineType, [])),
    sources: {},
  };
}

function allChecks(
  { target }: InstanceSubject,
  { checks, errors, imageRefused }: Judged,
  rehearsal: Rehearsal | null,
): readonly Check[] {
  const refusal = rehearsal?.error ?? null;
  // A rehearsal that was throttled or lost leaves its own question open; the reads were answered all the same.
  const isOfCredentials = refusal !== null && obstacleName(refusal) === "cloud.credentials";
  const obstacles = obstacleChecks(`EC2 answers in ${target.region}`, [
    ...errors,
    isOfCredentials ? refusal : null,
  ]);
  const isAllWell =
    !imageRefused && ![...obstacles, ...checks].some(({ outcome }) => outcome === "failed");
  return [
    ...obstacles,
    ...checks,
    rehearsal === null
      ? skipped(REHEARSAL_CHECK, "there is no launch to rehearse yet")
      : rehearsalCheck(refusal, isAllWell),
  ];
}

function sourcesOf(
  { target }: InstanceSubject,
  { machine, places, group }: Judged,
): Record<string, string> {
  const ofPlaces = (places ?? []).flatMap(({ candidate, vpcId }, index) =>
    vpcId === null
      ? []
      : [[`/candidates/${index}/place`, `DescribeSubnets of ${candidate.subnet}`] as const],
  );
  return {
    ...Object.fromEntries(ofPlaces),
    ...(machine.source === null ? {} : { "/machine_type": machine.source }),
    "/settings/instance/root_device_name": `DescribeImages in ${target.region}`,
    ...(group === null ? {} : { "/settings/instance/security_group_ids": group.source }),
  };
}

function rejected(candidates: readonly Candidate[], reason: string): readonly Candidate[] {
  return candidates.map((candidate) => ({ ...candidate, verdict: "rejected", reason }));
}
