import {
  type CloudFault,
  type FaultDialect,
  type MATCH,
  requireApplicable,
} from "./cloud-fault-grammar.ts";
import { type ActiveFault as ActiveRule, type FaultHandle, addFault } from "./fault-board.ts";

/** When a fault takes effect: when the request arrives, when its operation begins, or when its answer is ready. */
export type FaultMoment = "before" | "operation" | "after";

/** The properties of a request that rules match; null if the request does not have the property. */
export type FaultSubject = {
  readonly [Name in keyof typeof MATCH]-?: string | boolean | null;
} & {
  /** True if the request would start a machine. */
  readonly isLaunch: boolean;
};

export type ActiveFault = ActiveRule<CloudFault>;

/** The active rules and the cloud's dialect. */
export interface CloudFaults {
  readonly dialect: FaultDialect;
  readonly active: ActiveFault[];
}

/** @throws SlipwayError `INVALID_INPUT` for a rule that does not apply to the cloud */
export function cloudFaults(dialect: FaultDialect, rules: readonly CloudFault[] = []): CloudFaults {
  const faults: CloudFaults = { dialect, active: [] };
  for (const rule of rules) addCloudFault(faults, rule);
  return faults;
}

/** @throws SlipwayError `INVALID_INPUT` for a rule that does not apply to the cloud */
export function addCloudFault({ dialect, active }: CloudFaults, rule: CloudFault): FaultHandle {
  requireApplicable(dialect, rule, "fault");
  return addFault(active, rule);
}

/** The fault that affects the request at this moment, or null. */
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
    passes(fault.subnet, subject.subnet) &&
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
