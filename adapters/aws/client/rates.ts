import { limitOf } from "../../../src/pacing/rates.ts";
import type { RateBucket, RateLimit, RateSettings } from "../../../src/pacing/rates.ts";

/** Kinds of calls that have a rate limit of their own. */
export type RatedAction = keyof typeof PUBLISHED;

const CHANGES = { requests: perSecond(50, 5), resources: null };
const READS = { requests: perSecond(100, 20), resources: null };

/**
 * EC2's default limits for each action, per account and region ("Request throttling for the Amazon EC2 API"). A
 * `DescribeInstances` with neither a filter nor a page size has a limit of its own.
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
const PUBLISHED = {
  RunInstances: { requests: perSecond(5, 2), resources: perSecond(1_000, 2) },
  TerminateInstances: { requests: perSecond(100, 5), resources: perSecond(1_000, 20) },
  DescribeInstances: READS,
  "DescribeInstances by id": { requests: perSecond(50, 10), resources: null },
  DescribeImages: READS,
  DescribeRegions: READS,
  DescribeInstanceTypes: READS,
  DescribeInstanceTypeOfferings: READS,
  DescribeSubnets: READS,
  DescribeSecurityGroups: READS,
  DescribeVpcs: READS,
  DescribeCapacityReservations: READS,
  DescribeLaunchTemplateVersions: READS,
  DescribeVolumes: READS,
  DescribeSpotInstanceRequests: READS,
  DescribeNetworkInterfaces: READS,
  GetConsoleOutput: READS,
  DeleteVolume: CHANGES,
  DeleteNetworkInterface: CHANGES,
} as const satisfies Readonly<Record<string, Omit<RateLimit, "name">>>;

/** The names of all limits. */
export const RATED_ACTIONS = Object.keys(PUBLISHED).filter(isRatedAction);

function isRatedAction(name: string): name is RatedAction {
  return Object.hasOwn(PUBLISHED, name);
}

/** The limit of an action: from the settings if they have it, else as published. */
export function rateOf(name: RatedAction, scope: string, settings: RateSettings): RateLimit {
  return limitOf({ name, ...PUBLISHED[name] }, scope, settings);
}

/** The scope that rate buckets belong to: one account in one region. */
export function rateScope(accountId: string, region: string): string {
  return `account ${accountId} in ${region}`;
}

function perSecond(capacity: number, refill: number): RateBucket {
  return { capacity, refill, everyMilliseconds: 1_000, pace: "continuous" };
}
