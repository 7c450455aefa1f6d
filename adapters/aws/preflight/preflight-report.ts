import type { SlipwayError } from "../../../src/errors.ts";
import { diskSourcesOf } from "../../../src/plan/disk-sources.ts";
import type { Candidate, Check, PlanDraft } from "../../../src/plan/plan.ts";
import { skipped } from "../../../src/substrate/check.ts";
import type { PreflightReport } from "../../../src/substrate/contract.ts";
import { instanceSettings } from "./instance-settings.ts";
import type { InstanceSubject } from "./instance-settings.ts";
import type { MachineChoice } from "./machine-choice.ts";
import { machineTypeFacts } from "./machine-type-facts.ts";
import type { JudgedPlace } from "./places.ts";
import { obstacleChecks, obstacleName } from "../errors/failed-reads.ts";
import { dryRunChecks } from "./dry-run-checks.ts";
import type { DryRuns } from "./dry-run-choice.ts";
import type { GroupChoice } from "./security-group.ts";
import { planSettings } from "../settings.ts";
import { tagCheck } from "./tag-checks.ts";

/** The findings from AWS's answers. */
export interface PreflightFindings {
  readonly checks: readonly Check[];
  readonly machine: MachineChoice;
  /** Null if the subnets could not be read. */
  readonly places: readonly JudgedPlace[] | null;
  readonly group: GroupChoice | null;
  /** Whether the image's own checks have refused it. */
  readonly imageRefused: boolean;
  /** The errors of the reads. Null for a read that succeeded. */
  readonly errors: readonly (SlipwayError | null)[];
}

export function preflightReport(
  subject: InstanceSubject,
  findings: PreflightFindings,
  dryRuns: DryRuns,
): PreflightReport {
  const { draft } = subject;
  const { machine, places, group } = findings;
  const instanceType = machine.types[0]?.name ?? draft.machineType;
  const machineTypes = machine.types.flatMap(({ name, info }) =>
    info === null ? [] : [machineTypeFacts(name, info)],
  );
  const settings = instanceSettings(subject, instanceType, group?.ids ?? []);
  return {
    checks: allChecks(subject, findings, dryRuns),
    candidates:
      places === null
        ? rejected(draft.candidates, "the subnets could not be read")
        : dryRuns.candidates,
    machineType: instanceType,
    ...(machineTypes.length === 0 ? {} : { machineTypes }),
    settings: planSettings(settings),
    sources: sourcesOf(subject, findings),
    floating: subject.template?.floating ?? [],
  };
}

/** The report if no call to AWS can succeed. The image checks say why; only checks that need no call are made. */
export function skippedReport(subject: InstanceSubject, why: string): PreflightReport {
  const { draft, target } = subject;
  return {
    checks: [skipped("preflight", "AWS could not be called"), tagCheck(target)],
    candidates: rejected(draft.candidates, why),
    machineType: draft.machineType,
    settings: planSettings(instanceSettings(subject, draft.machineType, [])),
    sources: {},
  };
}

function allChecks(
  { target }: InstanceSubject,
  { checks, errors, imageRefused }: PreflightFindings,
  dryRuns: DryRuns,
): readonly Check[] {
  const refusal = dryRuns.results.at(-1)?.error ?? null;
  // If only the dry run was throttled or lost, AWS did answer the reads: that is not an obstacle to every call.
  const isOfCredentials = refusal !== null && obstacleName(refusal) === "cloud.credentials";
  const obstacles = obstacleChecks(`EC2 answers in ${target.region}`, [
    ...errors,
    isOfCredentials ? refusal : null,
  ]);
  const hasOtherFailures =
    imageRefused || [...obstacles, ...checks].some(({ outcome }) => outcome === "failed");
  return [...obstacles, ...checks, ...dryRunChecks(dryRuns, hasOtherFailures)];
}

function sourcesOf(
  { draft, target, template }: InstanceSubject,
  { machine, places, group }: PreflightFindings,
): Record<string, string> {
  const isDescribed = machine.types.some(({ info }) => info !== null);
  const ofPlaces = (places ?? []).flatMap(({ candidate, vpcId }, index) =>
    vpcId === null
      ? []
      : [[`/candidates/${index}/place`, `DescribeSubnets for ${candidate.subnet}`] as const],
  );
  return {
    ...Object.fromEntries(ofPlaces),
    ...(machine.source === null ? {} : { "/machine_type": machine.source }),
    ...(isDescribed ? { "/machine_types": `DescribeInstanceTypes in ${target.region}` } : {}),
    "/settings/instance/root_device_name": `DescribeImages in ${target.region}`,
    "/settings/instance/volumes": `DescribeImages in ${target.region}`,
    ...(group === null ? {} : { "/settings/instance/security_group_ids": group.source }),
    ...optionSources(draft),
    ...template?.sources,
    ...volumeSources(draft),
  };
}

const OPTION = "/target/";

/** The settings that the placement's options have become, with the record and field of each. */
function optionSources({ sources }: PlanDraft): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sources).flatMap(([pointer, source]) =>
      pointer.startsWith(OPTION)
        ? [[`/settings/instance/${pointer.slice(OPTION.length)}`, source]]
        : [],
    ),
  );
}

/** The settings that the environment's disks have become. */
function volumeSources(draft: PlanDraft): Record<string, string> {
  const { root, data } = diskSourcesOf(draft);
  return {
    ...(root === null ? {} : { "/settings/instance/root_volume": root }),
    ...Object.fromEntries(
      data.map((source, index) => [
        `/settings/instance/data_volumes/${index}`,
        `${source}; device: a name that the image does not use`,
      ]),
    ),
  };
}

function rejected(candidates: readonly Candidate[], reason: string): readonly Candidate[] {
  return candidates.map((candidate) => ({ ...candidate, verdict: "rejected", reason }));
}
