import { Ec2Failure } from "./failure.ts";

/** A token bucket: its capacity and its refill rate. */
export interface BucketSize {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** The buckets that a call takes tokens from. */
export interface RateLimit {
  readonly requests: BucketSize;
  /** One token for each machine that the call starts or ends. */
  readonly resources?: BucketSize;
}

/** The properties of a call that determine its buckets. */
export interface RatedCall {
  readonly action: string;
  readonly isRead: boolean;
  /** True if the request has a filter or a page size. */
  readonly isNarrowed: boolean;
}

/** Returns the buckets of a call, or null if the call is not limited. */
export type RateTable = (call: RatedCall) => RateLimit | null;

const LAUNCHES: RateLimit = {
  requests: { capacity: 5, refillPerSecond: 2 },
  resources: { capacity: 1000, refillPerSecond: 2 },
};

/** The limits that EC2 publishes ("Request throttling for the Amazon EC2 API"), per account and region. */
export const publishedRates: RateTable = ({ action, isRead, isNarrowed }) => {
  if (action === "RunInstances" || action === "StartInstances") return LAUNCHES;
  if (action === "TerminateInstances")
    return {
      requests: { capacity: 100, refillPerSecond: 5 },
      resources: { capacity: 1000, refillPerSecond: 20 },
    };
  if (action === "CreateTags") return { requests: { capacity: 100, refillPerSecond: 10 } };
  if (!isRead) return { requests: { capacity: 50, refillPerSecond: 5 } };
  return action === "DescribeInstances" && !isNarrowed
    ? { requests: { capacity: 50, refillPerSecond: 10 } }
    : { requests: { capacity: 100, refillPerSecond: 20 } };
};

export const noRates: RateTable = () => null;

interface Bucket {
  tokens: number;
  at: number;
}

/** The buckets of one account and region at the time of one request. */
export interface RateLimiter {
  /** Takes one request token. @throws Ec2Failure `RequestLimitExceeded` */
  takeRequest(call: RatedCall): void;
  /** Takes one token per machine, or none if there are too few. @throws Ec2Failure `RequestLimitExceeded` */
  takeResources(action: string, count: number): void;
}

/** Buckets by account, region and call. The server keeps them; new buckets are full. */
export type Buckets = Map<string, Bucket>;

export function rateLimiter(
  buckets: Buckets,
  table: RateTable,
  at: { readonly scope: string; readonly now: number },
): RateLimiter {
  const take = (name: string, size: BucketSize, count: number): void => {
    const key = JSON.stringify([at.scope, name]);
    const bucket = buckets.get(key) ?? { tokens: size.capacity, at: at.now };
    const flown = (Math.max(0, at.now - bucket.at) / 1000) * size.refillPerSecond;
    const tokens = Math.min(size.capacity, bucket.tokens + flown);
    const isEnough = tokens >= count;
    buckets.set(key, { tokens: isEnough ? tokens - count : tokens, at: at.now });
    if (!isEnough) throw new Ec2Failure("RequestLimitExceeded");
  };
  return {
    takeRequest(call) {
      const limit = table(call);
      const pool = call.isRead && call.isNarrowed ? `${call.action} narrowed` : call.action;
      if (limit !== null) take(pool, limit.requests, 1);
    },
    takeResources(action, count) {
      const size = table({ action, isRead: false, isNarrowed: false })?.resources;
      if (size !== undefined) take(`${action} resources`, size, count);
    },
  };
}
