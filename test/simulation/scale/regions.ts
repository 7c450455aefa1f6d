import { rateOf, rateScope } from "../../../adapters/aws/client/rates.ts";
import type { AwsTarget, LaunchPlan } from "../../../src/plan/plan.ts";
import { Ec2Failure } from "../../../testing/ec2/failure.ts";
import { publishedRates, rateLimiter } from "../../../testing/ec2/rate-limits.ts";
import type { Buckets, RateLimiter } from "../../../testing/ec2/rate-limits.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import type { Auditor } from "../auditor.ts";
import { createCloud } from "../cloud.ts";
import type { SimulatedCloud } from "../cloud.ts";
import type { Meter, SimulatedRates } from "../rates.ts";
import type { Scene } from "../scene.ts";

/** One account in one region. */
export interface Region {
  readonly cloud: SimulatedCloud;
  readonly target: AwsTarget;
  /** Whether other software makes calls in the same account. */
  readonly isShared: boolean;
}

/** Numbers of calls that arrived, and that were throttled, by name. */
export interface CallCounts {
  readonly arrived: Map<string, number>;
  /** In accounts without other callers. */
  readonly throttled: Map<string, number>;
  /** In accounts with other callers. */
  readonly throttledShared: Map<string, number>;
}

export interface RegionOptions {
  readonly account: number;
  readonly region: string;
  readonly isShared: boolean;
  /** Expected number of spawns. */
  readonly spawns: number;
  readonly counts: CallCounts;
}

/** Interval between changes of a zone's capacity, in milliseconds. */
const CAPACITY_CHANGE_INTERVAL: readonly [number, number] = [5_000, 40_000];
/** Interval between calls of other software. */
const FOREIGN_CALL_INTERVAL: readonly [number, number] = [1_000, 10_000];

/** A region with three zones: the capacity of two changes, and the third is full at times. */
export function createRegion(scene: Scene, auditor: Auditor, options: RegionOptions): Region {
  const { account, region, isShared, counts } = options;
  const accountId = String(100_000_000_000 + account);
  const scope = rateScope(accountId, region);
  const rates: SimulatedRates = {
    scope,
    launch: rateOf("RunInstances", scope, {}),
    describe: rateOf("DescribeInstances by id", scope, {}),
    list: rateOf("DescribeInstances", scope, {}),
    terminate: rateOf("TerminateInstances", scope, {}),
    operation: rateOf("GetConsoleOutput", scope, {}),
  };
  const meter = fakeMeter(scene, isShared ? counts.throttledShared : counts.throttled);
  const counted: Meter = {
    request(limit) {
      count(counts.arrived, limit.name);
      return meter.request(limit);
    },
    resources: (limit, machines) => meter.resources(limit, machines),
  };
  const places = ["a", "b", "c"].map((zone) => `${region}${zone}`);
  const cloud = createCloud(scene, auditor, {
    kind: "ec2",
    name: `i-${account}-${region}`,
    places,
    pools: places,
    tokenMilliseconds: 86_400_000,
    maximumBatch: 1_000,
    lag: 3_000,
    returnsTerminated: false,
    rates,
    meter: counted,
  });
  changeCapacities(scene, cloud, options.spawns);
  if (isShared) makeForeignCalls(scene, meter, rates);
  return { cloud, target: targetIn(accountId, region), isShared };
}

/** A plan of a tenant's workspace in a region. */
export function planIn({ cloud, target }: Region, tenant: string): LaunchPlan {
  return samplePlan({
    tenant,
    substrate: "AWS",
    target,
    candidates: cloud.places.map((place) => ({ place, verdict: "eligible", reason: null })),
  });
}

function targetIn(accountId: string, region: string): AwsTarget {
  return {
    substrate: "AWS",
    accountId,
    region,
    vpcId: null,
    subnetIds: [],
    securityGroupId: null,
    instanceProfileArn: null,
    roleArn: null,
    readonlyRoleArn: null,
    tags: {},
    assignPublicIp: false,
    market: "ON_DEMAND",
  };
}

/** The rate limiter of the EC2 fake. */
function fakeMeter(scene: Scene, throttled: Map<string, number>): Meter {
  const buckets: Buckets = new Map();
  const take = (name: string, from: (limiter: RateLimiter) => void): boolean => {
    try {
      from(rateLimiter(buckets, publishedRates, { scope: "", now: scene.scheduler.now() }));
      return true;
    } catch (caught) {
      if (!(caught instanceof Ec2Failure)) throw caught;
      count(throttled, name);
      return false;
    }
  };
  return {
    request: ({ name }) => take(name, (limiter) => limiter.takeRequest(ratedCall(name))),
    resources: ({ name }, machines) =>
      machines === 0 ||
      take(`machines of ${name}`, (limiter) => limiter.takeResources(name, machines)),
  };
}

function ratedCall(name: string) {
  const [action = name] = name.split(" ");
  return {
    action,
    isRead: action.startsWith("Describe"),
    isNarrowed: name === "DescribeInstances",
  };
}

function changeCapacities(scene: Scene, cloud: SimulatedCloud, spawns: number): void {
  const { random, scheduler } = scene;
  for (const [index, place] of cloud.places.entries()) {
    const change = (): void => {
      if (scene.isCalm) return;
      const isLast = index === cloud.places.length - 1;
      if (isLast && random.chance(0.95)) cloud.capacity.delete(place);
      else cloud.capacity.set(place, isLast ? 0 : random.between(0, Math.ceil(spawns * 0.6)));
      scheduler.after(random.between(...CAPACITY_CHANGE_INTERVAL), change);
    };
    change();
  }
}

/** Launches and describes by other software, which Slipway does not pace. */
function makeForeignCalls(scene: Scene, meter: Meter, { launch, describe }: SimulatedRates): void {
  const { random, scheduler } = scene;
  const call = (): void => {
    if (scene.isCalm) return;
    for (let calls = random.between(1, 2); calls > 0; calls -= 1)
      if (random.chance(0.3)) meter.request(describe);
      else if (meter.request(launch)) meter.resources(launch, random.between(1, 5));
    scheduler.after(random.between(...FOREIGN_CALL_INTERVAL), call);
  };
  scheduler.after(random.between(...FOREIGN_CALL_INTERVAL), call);
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
