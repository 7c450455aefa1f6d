import type { RateBucket, RateLimit } from "../../src/pacing/rates.ts";
import type { CloudKind } from "./plans.ts";
import type { Random } from "./random.ts";
import type { Scene } from "./scene.ts";

/** The rate limits of an adapter's calls. */
export interface SimulatedRates {
  readonly scope: string;
  readonly launch: RateLimit;
  /** Describing machines by id. */
  readonly describe: RateLimit;
  readonly list: RateLimit;
  readonly terminate: RateLimit;
  /** Polling an operation. */
  readonly operation: RateLimit;
}

/** The published rates or, in a metered seed, rates that a few calls exhaust; null for a cloud without rates. */
export function drawRates(
  random: Random,
  kind: CloudKind,
  isMetered: boolean,
): SimulatedRates | null {
  if (kind === "docker") return null;
  const isSmall = isMetered || random.chance(0.2);
  const size = (published: number, least: number, most: number): number =>
    isSmall ? random.between(least, most) : published;
  return kind === "ec2" ? drawEc2(size) : drawGce(size);
}

type Size = (published: number, least: number, most: number) => number;

function drawEc2(size: Size): SimulatedRates {
  const reads = (name: string): RateLimit => ({
    name,
    requests: perSecond(size(50, 2, 20), size(10, 1, 5)),
    resources: null,
  });
  return {
    scope: "account 1 in us-east-1",
    launch: {
      name: "RunInstances",
      requests: perSecond(size(5, 1, 5), size(2, 1, 2)),
      resources: perSecond(size(1_000, 2, 20), size(2, 1, 2)),
    },
    describe: reads("DescribeInstances by id"),
    list: reads("DescribeInstances"),
    terminate: {
      name: "TerminateInstances",
      requests: perSecond(size(100, 1, 10), size(5, 1, 5)),
      resources: perSecond(size(1_000, 4, 20), size(20, 1, 5)),
    },
    operation: reads("no operation"),
  };
}

function drawGce(size: Size): SimulatedRates {
  const quota = (name: string, requests: number): RateLimit => ({
    name,
    requests: {
      capacity: requests,
      refill: requests,
      everyMilliseconds: 60_000,
      pace: "window",
    },
    resources: null,
  });
  const changes = quota("Queries", size(1_500, 4, 30));
  return {
    scope: "project agents",
    launch: changes,
    describe: quota("Read requests", size(1_500, 20, 100)),
    list: quota("Heavy-weight read requests", size(750, 10, 30)),
    terminate: changes,
    operation: quota("Operation read requests", size(1_500, 30, 200)),
  };
}

function perSecond(capacity: number, refill: number): RateBucket {
  return { capacity, refill, everyMilliseconds: 1_000, pace: "continuous" };
}

/** A cloud's own count of the calls that arrive. Returns false for calls that exceed the rate. */
export interface Meter {
  request(limit: RateLimit): boolean;
  resources(limit: RateLimit, count: number): boolean;
}

/** Without metering, nothing is counted. */
export function createMeter(scene: Scene, cloud: string): Meter {
  const { scheduler, random, isMetered } = scene;
  if (!isMetered) return { request: () => true, resources: () => true };
  const levels = new Map<string, { left: number; at: number }>();
  // The phase of a quota window is unknown to clients.
  const phase = random.between(0, 60_000);
  const take = (name: string, bucket: RateBucket, count: number): boolean => {
    const { capacity, refill, everyMilliseconds, pace } = bucket;
    const now = scheduler.now();
    const level = levels.get(name) ?? { left: capacity, at: now };
    levels.set(name, level);
    const periods = (time: number): number => (time + phase) / everyMilliseconds;
    const back =
      pace === "continuous"
        ? ((now - level.at) / everyMilliseconds) * refill
        : Math.floor(periods(now)) > Math.floor(periods(level.at))
          ? capacity
          : 0;
    level.left = Math.min(capacity, level.left + back) - count;
    level.at = now;
    if (level.left < -1e-6)
      scene.violate("no call exceeds a rate limit", `${name} of ${cloud}: ${-level.left} too many`);
    return true;
  };
  return {
    request: ({ name, requests }) => take(name, requests, 1),
    resources: ({ name, resources }, count) =>
      resources === null || count === 0 || take(`machines of ${name}`, resources, count),
  };
}
