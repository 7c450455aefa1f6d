import {
  type CloudFault,
  type FaultDialect,
  type MATCH,
  requireMeaning,
} from "./cloud-fault-grammar.ts";
import { type ActiveFault as ActiveRule, type FaultHandle, addFault } from "./fault-board.ts";

/** When a fault strikes: as the request comes, as its operation begins, or as its answer is ready. */
export type FaultMoment = "before" | "operation" | "after";

/** What a rule looks at in a request; null where it says nothing of the kind. */
export type FaultSubject = {
  readonly [Name in keyof typeof MATCH]-?: string | boolean | null;
} & {
  /** True where a machine would begin to run. */
  readonly isLaunch: boolean;
};

export type ActiveFault = ActiveRule<CloudFault>;

/** The rules at work, and what they mean to the cloud. */
export interface CloudFaults {
  readonly dialect: FaultDialect;
  readonly active: ActiveFault[];
}

/** @throws SlipwayError `INVALID_INPUT` for a rule that means nothing to the cloud */
export function cloudFaults(dialect: FaultDialect, rules: readonly CloudFault[] = []): CloudFaults {
  const faults: CloudFaults = { dialect, active: [] };
  for (const rule of rules) addCloudFault(faults, rule);
  return faults;
}

/** @throws SlipwayError `INVALID_INPUT` for a rule that means nothing to the cloud */
export function addCloudFault({ dialect, active }: CloudFaults, rule: CloudFault): FaultHandle {
  requireMeaning(dialect, rule, "fault");
  return addFault(active, rule);
}

/** The fault that strikes the request at this moment, or null. */
export function takeFault(
  { dialect, active }: CloudFaults,
  moment: FaultMoment,
  subject: FaultSubject,
): ActiveFault | null {
  return (
    active.find(
      (fault) =>
        momentOf(fault.rule, dialect) === moment && matches(fault.rule, subject) && fault.strike(),
    ) ?? null
  );
}

function momentOf(fault: CloudFault, { shortage }: FaultDialect): FaultMoment {
  switch (fault.kind) {
    case "throttle":
    case "expired-credentials":
      return "before";
    case "capacity":
    case "quota":
      return shortage;
    case "error":
      return fault.when ?? "before";
    case "operation-error":
      return "operation";
    case "lost-reply":
    case "slow-reply":
      return fault.when ?? "after";
    case "malformed-reply":
      return "after";
  }
}

function matches(fault: CloudFault, subject: FaultSubject): boolean {
  if ((fault.kind === "capacity" || fault.kind === "quota") && !subject.isLaunch) return false;
  const passes = (asked: string | boolean | undefined, is: string | boolean | null): boolean =>
    asked === undefined || asked === is;
  return (
    matchesAction(fault.action, subject.action) &&
    passes(fault.region, subject.region) &&
    passes(fault.zone, subject.zone) &&
    passes(fault.account, subject.account) &&
    passes(fault.project, subject.project) &&
    passes(fault.instanceType, subject.instanceType) &&
    passes(fault.market, subject.market) &&
    passes(fault.dryRun, subject.dryRun)
  );
}

function matchesAction(asked: string | undefined, is: string | boolean | null): boolean {
  if (asked === undefined || asked === is) return true;
  return typeof is === "string" && asked.endsWith("*") && is.startsWith(asked.slice(0, -1));
}
