import type { Clock } from "../host/clock.ts";
import type { Pace, RateLimit } from "./rates.ts";
import { LONGEST_PAUSE } from "./admission.ts";
import type {
  RateAnswer,
  RateRequest,
  RateCorrection,
  RateStore,
  RateCaller,
  Spent,
} from "./contract.ts";

export interface GovernorPorts {
  readonly store: RateStore;
  readonly clock: Clock;
  /** Told apart from the lines of other processes on the same ledger: the driver's id. */
  readonly queueId: string;
  /** True for the line of a process that is known to be gone. */
  readonly isGone: (queueId: string) => boolean;
}

/** One kind of call on behalf of a tenant. */
export interface PacedCall {
  readonly scope: string;
  readonly limit: RateLimit;
  readonly tenant: string;
}

export interface AdmissionRequest extends PacedCall {
  /**
   * Machines that the call would be for by now, asked anew at each try; fewer may be granted. At 0 nothing is spent.
   * Left out for a call that is for none, or whose machines are counted already: the repetition of a launch.
   */
  readonly resources?: () => number;
  /** Told about how long it will be, in milliseconds, and for what: `RunInstances of account 1234 in us-east-1`. */
  readonly onWait?: (milliseconds: number, what: string) => void;
}

/** What an admission came to. */
export interface Grant {
  /** Machines that the call may be for; 0 without `resources`. */
  readonly resources: number;
  /** To be told with the launch's record: what it spends is given back if its process ends before that. */
  readonly spent: Spent | null;
}

/** Machines of a launch for which its place had no room. */
export type Refused = Omit<Extract<RateCorrection, { readonly kind: "refused" }>, "kind">;

/**
 * Waits in front of the provider's rates, instead of failing behind them: in turns between tenants, first come first
 * served within one, together with all processes on the ledger.
 */
export interface Governor {
  /**
   * Resolves when one call may be made.
   *
   * @throws the signal's reason
   */
  admit(admitted: AdmissionRequest, signal: AbortSignal): Promise<Grant>;
  /**
   * What a call for one machine asks of the ledger together with its record, which is a transaction less; null where
   * somebody waits here already, or does by then. Where it is not granted, it is for `admit`.
   */
  requestAtOnce(admission: PacedCall): (() => RateRequest | null) | null;
  /**
   * Waits for the turn of what was granted at a time and is about to be made now, where that took so long that the
   * provider would count it together with later calls: recording it may wait for a slow disk.
   *
   * @throws the signal's reason
   */
  readmit(
    granted: PacedCall & { readonly resources: number; readonly at: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** The provider has refused a call for so many machines as too fast: the next ones come slower for a while. */
  noteThrottle(
    refused: PacedCall & { readonly resources?: number },
    retryAfterMilliseconds: number | null,
  ): Promise<void>;
  /** Gives back what a launch was granted for machines that it was refused. */
  noteRefusal(admission: PacedCall, refused: Refused): Promise<void>;
  /** For an adapter's own calls on behalf of a tenant. */
  pace(tenant: string): Pace;
}

/** What is made within this of its grant needs no second one, in milliseconds: with the wire's, it is within the slack. */
const FRESH = 100;
/** A wait shorter than this is not worth a word, in milliseconds. */
const SHORTEST_REPORTED_WAIT = 500;
/** Who waits is told again after this, in milliseconds. */
const REPORT_INTERVAL = 5_000;

type Wanted = RateRequest["resources"];

const NOTHING: Grant = { resources: 0, spent: null };

interface PendingCall {
  /** Asked anew at each try; null for a call that is for no machines. */
  readonly wanted: () => Wanted;
  readonly counts: boolean;
  readonly isReserved: boolean;
  readonly onWait: ((milliseconds: number, what: string) => void) | null;
  readonly resolve: (granted: Grant) => void;
  readonly reject: (reason: unknown) => void;
  reportedAt: number;
}

interface PendingOptions extends Pick<PendingCall, "wanted" | "counts" | "onWait"> {
  readonly signal: AbortSignal;
  readonly isReserved?: boolean;
  /** Comes before all who wait here. */
  readonly isFirst?: boolean;
}

/** The calls of one tenant and limit that wait here; the first of them asks for all. */
interface CallQueue extends PacedCall {
  readonly pending: PendingCall[];
  /** Ends the pause before the next try; null before there was one. */
  wake: AbortController | null;
}

export function createGovernor({ store, clock, queueId: own, isGone }: GovernorPorts): Governor {
  const queues = new Map<string, CallQueue>();
  const callerOf = ({ scope, limit, tenant }: PacedCall): RateCaller => ({
    scope,
    limit,
    tenant,
    queueId: own,
    now: clock.now(),
  });

  /** One try for whoever is first. */
  const tryFirst = async (queue: CallQueue, first: PendingCall): Promise<number | null> => {
    const resources = first.wanted();
    if (resources?.maximum === 0) {
      queue.pending.shift();
      first.resolve(NOTHING);
      return null;
    }
    const requests = first.counts ? 1 : countLeadingCalls(queue);
    const { isReserved } = first;
    const answer = await store.spend({
      ...callerOf(queue),
      requests,
      resources,
      isReserved,
      isGone,
    });
    if (!answer.granted) return answer.wait;
    await deliverGrant(queue, first, answer);
    return null;
  };
  /** Gives what was granted to whoever is still there for it, and the rest back. */
  const deliverGrant = async (
    queue: CallQueue,
    first: PendingCall,
    granted: Extract<RateAnswer, { readonly granted: true }>,
  ): Promise<void> => {
    const served = first.counts
      ? queue.pending.filter((each) => each === first)
      : queue.pending.slice(0, Math.min(granted.requests, countLeadingCalls(queue)));
    for (const each of served) queue.pending.splice(queue.pending.indexOf(each), 1);
    const { reservation } = granted;
    const { scope, limit } = queue;
    const spent = reservation === null ? null : { scope, limit, reservation };
    for (const { resolve } of served) resolve({ resources: granted.resources, spent });
    const requests = granted.requests - served.length;
    const resources = served.length === 0 ? granted.resources : 0;
    if (requests === 0 && resources === 0) return;
    await store.correct(callerOf(queue), { kind: "unused", requests, resources, reservation });
  };
  const serveQueue = async (key: string, queue: CallQueue): Promise<void> => {
    let isKnownToWait = false;
    try {
      // Who comes in the same turn goes along.
      await Promise.resolve();
      for (let first = queue.pending[0]; first !== undefined; first = queue.pending[0]) {
        const wait = await tryFirst(queue, first);
        isKnownToWait = wait !== null;
        if (wait === null) continue;
        reportWaits(queue, wait, clock.now());
        if (queue.pending[0] !== first) continue;
        const wake = new AbortController();
        queue.wake = wake;
        await pauseUntilWoken(clock, Math.min(wait, LONGEST_PAUSE), wake.signal);
      }
      queues.delete(key);
      if (isKnownToWait) await store.correct(callerOf(queue), { kind: "left" });
    } catch (caught) {
      queues.delete(key);
      for (const { reject } of queue.pending.splice(0)) reject(caught);
    }
  };
  const enqueueCall = async (
    admission: PacedCall,
    { signal, isFirst = false, isReserved = false, ...waiting }: PendingOptions,
  ): Promise<Grant> => {
    signal.throwIfAborted();
    const { scope, limit, tenant } = admission;
    const { promise, resolve, reject } = Promise.withResolvers<Grant>();
    const reportedAt = Number.NEGATIVE_INFINITY;
    const call: PendingCall = { ...waiting, isReserved, resolve, reject, reportedAt };
    const key = keyOf(admission);
    const known = queues.get(key);
    const queue = known ?? { scope, limit, tenant, pending: [], wake: null };
    queue.pending.splice(isFirst ? 0 : queue.pending.length, 0, call);
    if (isFirst) queue.wake?.abort();
    if (known === undefined) {
      queues.set(key, queue);
      void serveQueue(key, queue);
    }
    const leaveQueue = (): void => {
      const place = queue.pending.indexOf(call);
      if (place < 0) return;
      queue.pending.splice(place, 1);
      reject(signal.reason);
      if (place === 0) queue.wake?.abort();
    };
    signal.addEventListener("abort", leaveQueue, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", leaveQueue);
    }
  };
  const noteThrottle: Governor["noteThrottle"] = async (refused, retryAfterMilliseconds) => {
    const { resources = 0 } = refused;
    await store.correct(callerOf(refused), {
      kind: "throttled",
      resources,
      retryAfterMilliseconds,
    });
  };
  return {
    async admit({ resources, onWait = null, ...admission }, signal) {
      const wanted = (): Wanted =>
        resources === undefined ? null : { minimum: 1, maximum: resources() };
      const counts = resources !== undefined;
      return await enqueueCall(admission, { wanted, counts, isReserved: counts, onWait, signal });
    },
    async readmit({ resources, at, ...admission }, signal) {
      if (clock.now() - at <= FRESH) return;
      const late = { kind: "late", requests: 1, resources, granted: at } as const;
      await store.correct(callerOf(admission), late);
      const wanted = () => (resources === 0 ? null : { minimum: resources, maximum: resources });
      const counts = resources > 0;
      await enqueueCall(admission, { wanted, counts, onWait: null, signal, isFirst: true });
    },
    requestAtOnce(admission) {
      const key = keyOf(admission);
      if (queues.has(key)) return null;
      const one = { requests: 1, resources: { minimum: 1, maximum: 1 } };
      return () => (queues.has(key) ? null : { ...callerOf(admission), ...one, isGone });
    },
    noteThrottle,
    noteRefusal: async (admission, refused) =>
      await store.correct(callerOf(admission), { kind: "refused", ...refused }),
    pace: (tenant) => ({
      async wait({ scope, limit, resources = 0 }, signal) {
        const wanted = () => (resources === 0 ? null : { minimum: resources, maximum: resources });
        const admission = { scope, limit, tenant };
        await enqueueCall(admission, { wanted, counts: resources > 0, onWait: null, signal });
      },
      throttled: async (call, retryAfterMilliseconds) =>
        await noteThrottle({ ...call, tenant }, retryAfterMilliseconds),
    }),
  };
}

function keyOf({ scope, limit, tenant }: PacedCall): string {
  return JSON.stringify([scope, limit.name, tenant]);
}

/** How many calls without machines come first: they go together. */
function countLeadingCalls({ pending }: CallQueue): number {
  const end = pending.findIndex(({ counts }) => counts);
  return end < 0 ? pending.length : end;
}

/** Tells each how long it will be about, counting those before it. */
function reportWaits({ scope, limit, pending }: CallQueue, wait: number, now: number): void {
  const { refill, everyMilliseconds, pace } = limit.requests;
  const spacing = pace === "window" ? 0 : everyMilliseconds / refill;
  for (const [place, call] of pending.entries()) {
    const milliseconds = Math.ceil(wait + place * spacing);
    if (call.onWait === null || milliseconds < SHORTEST_REPORTED_WAIT) continue;
    if (now - call.reportedAt < REPORT_INTERVAL) continue;
    call.reportedAt = now;
    call.onWait(milliseconds, `${limit.name} of ${scope}`);
  }
}

async function pauseUntilWoken(
  clock: Clock,
  milliseconds: number,
  wake: AbortSignal,
): Promise<void> {
  try {
    await clock.sleep(milliseconds, wake);
  } catch (caught) {
    if (!wake.aborted) throw caught;
  }
}
