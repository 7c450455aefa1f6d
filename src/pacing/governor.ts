import type { Clock } from "../host/clock.ts";
import type { Pace, RateLimit } from "./rates.ts";
import { LONGEST_PAUSE } from "./admission.ts";
import type {
  Backlog,
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
  /** This process's id on the ledger, different from that of every other process. */
  readonly queueId: string;
  /** True for the queue of a process that is known to have ended. */
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
   * Machines that the call would be for, determined at each attempt; fewer may be granted. At 0 nothing is spent.
   * Omitted for a call without machines, and for the repetition of a launch, whose machines are already counted.
   */
  readonly resources?: () => number;
  /** All launches that wait for this admission or a later one, determined at each attempt. */
  readonly backlog?: () => Backlog;
  readonly onWait?: OnWait;
}

/**
 * Called with the expected wait in milliseconds, the limit (`RunInstances of account 1234 in us-east-1`), and the
 * expected wait of the whole backlog.
 */
type OnWait = (milliseconds: number, what: string, backlogTime: number) => void;

/** The result of an admission. */
export interface Grant {
  /** Machines that the call may be for; 0 without `resources`. */
  readonly resources: number;
  /** To be passed with the launch's record; refunded if the process ends before that. */
  readonly spent: Spent | null;
}

/** Machines of a launch for which its place had no room. */
export type Refused = Omit<Extract<RateCorrection, { readonly kind: "refused" }>, "kind">;

/**
 * Waits in front of the provider's rates instead of being throttled behind them. All processes on the ledger share the
 * rates: tenants take turns, and calls of one tenant go in the order of arrival.
 */
export interface Governor {
  /**
   * Resolves when one call may be made.
   *
   * @throws the signal's reason
   */
  admit(admitted: AdmissionRequest, signal: AbortSignal): Promise<Grant>;
  /**
   * The request of a call for one machine that is made together with its record, which saves a transaction. Null if
   * calls wait here already; the function returns null if calls have come to wait in the meantime. A request that is
   * not granted needs `admit`.
   */
  requestAtOnce(admission: PacedCall): (() => RateRequest | null) | null;
  /**
   * Waits for another turn if the grant of a call about to be made is so old that the provider would count the call
   * together with later ones: recording the launch may have waited for a slow disk.
   *
   * @throws the signal's reason
   */
  readmit(
    granted: PacedCall & { readonly resources: number; readonly at: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** Notes that the provider throttled a call for so many machines: the next calls are slower for a while. */
  noteThrottle(
    refused: PacedCall & { readonly resources?: number },
    retryAfterMilliseconds: number | null,
  ): Promise<void>;
  /** Refunds what a launch was granted for machines that were refused. */
  noteRefusal(admission: PacedCall, refused: Refused): Promise<void>;
  /** For an adapter's own calls on behalf of a tenant. */
  pace(tenant: string): Pace;
}

/**
 * A call within this time of its grant needs no second one, in milliseconds: together with its way to the provider it
 * stays within the slack.
 */
const FRESH = 100;
/** A shorter wait is not reported, in milliseconds. */
const SHORTEST_REPORTED_WAIT = 500;
/** The interval between two reports of one wait, in milliseconds. */
const REPORT_INTERVAL = 5_000;

type Wanted = RateRequest["resources"];

const NOTHING: Grant = { resources: 0, spent: null };

interface PendingCall {
  /** Determined at each attempt; null for a call without machines. */
  readonly wanted: () => Wanted;
  readonly counts: boolean;
  readonly isReserved: boolean;
  readonly backlog: (() => Backlog) | null;
  readonly onWait: OnWait | null;
  readonly resolve: (granted: Grant) => void;
  readonly reject: (reason: unknown) => void;
  reportedAt: number;
}

interface PendingOptions extends Pick<PendingCall, "wanted" | "counts" | "onWait"> {
  readonly signal: AbortSignal;
  readonly backlog?: (() => Backlog) | null;
  readonly isReserved?: boolean;
  /** Goes before all calls that wait here. */
  readonly isFirst?: boolean;
}

/** The waiting calls of one tenant and limit; the first of them asks on behalf of all. */
interface CallQueue extends PacedCall {
  readonly pending: PendingCall[];
  /** Ends the pause before the next attempt; null before the first pause. */
  wake: AbortController | null;
}

/** A governor's ports and its queues by `keyOf`. */
interface GovernorState extends GovernorPorts {
  readonly queues: Map<string, CallQueue>;
}

export function createGovernor(ports: GovernorPorts): Governor {
  const governor: GovernorState = { ...ports, queues: new Map() };
  const { store, clock, isGone, queues } = governor;
  return {
    async admit({ resources, backlog = null, onWait = null, ...admission }, signal) {
      const wanted = (): Wanted =>
        resources === undefined ? null : { minimum: 1, maximum: resources() };
      const counts = resources !== undefined;
      const options = { wanted, counts, isReserved: counts, backlog, onWait, signal };
      return await enqueueCall(governor, admission, options);
    },
    async readmit({ resources, at, ...admission }, signal) {
      if (clock.now() - at <= FRESH) return;
      const late = { kind: "late", requests: 1, resources, granted: at } as const;
      await store.correct(callerOf(governor, admission), late);
      const machines = exactly(resources);
      await enqueueCall(governor, admission, { ...machines, onWait: null, signal, isFirst: true });
    },
    requestAtOnce(admission) {
      const key = keyOf(admission);
      if (queues.has(key)) return null;
      const one = { requests: 1, resources: { minimum: 1, maximum: 1 } };
      return () => (queues.has(key) ? null : { ...callerOf(governor, admission), ...one, isGone });
    },
    noteThrottle: (refused, retryAfterMilliseconds) =>
      noteThrottle(governor, refused, retryAfterMilliseconds),
    noteRefusal: async (admission, refused) =>
      await store.correct(callerOf(governor, admission), { kind: "refused", ...refused }),
    pace: (tenant) => ({
      async wait({ scope, limit, resources = 0 }, signal) {
        const admission = { scope, limit, tenant };
        await enqueueCall(governor, admission, { ...exactly(resources), onWait: null, signal });
      },
      throttled: async (call, retryAfterMilliseconds) =>
        await noteThrottle(governor, { ...call, tenant }, retryAfterMilliseconds),
    }),
  };
}

/** For a call whose number of machines is fixed. */
function exactly(resources: number): Pick<PendingCall, "wanted" | "counts"> {
  const wanted = resources === 0 ? null : { minimum: resources, maximum: resources };
  return { wanted: () => wanted, counts: resources > 0 };
}

function callerOf(
  { queueId, clock }: GovernorState,
  { scope, limit, tenant }: PacedCall,
): RateCaller {
  return { scope, limit, tenant, queueId, now: clock.now() };
}

async function enqueueCall(
  governor: GovernorState,
  admission: PacedCall,
  { signal, isFirst = false, isReserved = false, backlog = null, ...waiting }: PendingOptions,
): Promise<Grant> {
  signal.throwIfAborted();
  const { queues } = governor;
  const { scope, limit, tenant } = admission;
  const { promise, resolve, reject } = Promise.withResolvers<Grant>();
  const reportedAt = Number.NEGATIVE_INFINITY;
  const call: PendingCall = { ...waiting, isReserved, backlog, resolve, reject, reportedAt };
  const key = keyOf(admission);
  const known = queues.get(key);
  const queue = known ?? { scope, limit, tenant, pending: [], wake: null };
  queue.pending.splice(isFirst ? 0 : queue.pending.length, 0, call);
  if (isFirst) queue.wake?.abort();
  if (known === undefined) {
    queues.set(key, queue);
    void serveQueue(governor, key, queue);
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
}

async function serveQueue(governor: GovernorState, key: string, queue: CallQueue): Promise<void> {
  const { store, clock, queues } = governor;
  let isKnownToWait = false;
  try {
    // Calls of the same turn of the event loop go together.
    await Promise.resolve();
    for (let first = queue.pending[0]; first !== undefined; first = queue.pending[0]) {
      const refusal = await tryFirst(governor, queue, first);
      isKnownToWait = refusal !== null;
      if (refusal === null) continue;
      const { wait } = refusal;
      reportWaits(queue, refusal, clock.now());
      if (queue.pending[0] !== first) continue;
      const wake = new AbortController();
      queue.wake = wake;
      await pauseUntilWoken(clock, Math.min(wait, LONGEST_PAUSE), wake.signal);
    }
    queues.delete(key);
    if (isKnownToWait) await store.correct(callerOf(governor, queue), { kind: "left" });
  } catch (caught) {
    queues.delete(key);
    for (const { reject } of queue.pending.splice(0)) reject(caught);
  }
}

type NotYet = Extract<RateAnswer, { readonly granted: false }>;

/** One attempt for the first call. Returns how long to wait, or null if there is no need to. */
async function tryFirst(
  governor: GovernorState,
  queue: CallQueue,
  first: PendingCall,
): Promise<NotYet | null> {
  const { store, isGone } = governor;
  const resources = first.wanted();
  if (resources?.maximum === 0) {
    queue.pending.shift();
    first.resolve(NOTHING);
    return null;
  }
  const requests = first.counts ? 1 : countLeadingCalls(queue);
  const { isReserved } = first;
  const caller = callerOf(governor, queue);
  const request = { ...caller, requests, resources, isReserved, isGone };
  const backlog = first.backlog?.();
  const answer = await store.spend(backlog === undefined ? request : { ...request, backlog });
  if (!answer.granted) return answer;
  const rest = deliverGrant(queue, first, answer);
  if (rest !== null) await store.correct(callerOf(governor, queue), rest);
  return null;
}

/** Delivers a grant to the calls that still wait for it. Returns the rest, or null if there is none. */
function deliverGrant(
  queue: CallQueue,
  first: PendingCall,
  granted: Extract<RateAnswer, { readonly granted: true }>,
): RateCorrection | null {
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
  if (requests === 0 && resources === 0) return null;
  return { kind: "unused", requests, resources, reservation };
}

async function noteThrottle(
  governor: GovernorState,
  refused: PacedCall & { readonly resources?: number },
  retryAfterMilliseconds: number | null,
): Promise<void> {
  const { resources = 0 } = refused;
  const throttled = { kind: "throttled", resources, retryAfterMilliseconds } as const;
  await governor.store.correct(callerOf(governor, refused), throttled);
}

function keyOf({ scope, limit, tenant }: PacedCall): string {
  return JSON.stringify([scope, limit.name, tenant]);
}

/** The number of calls without machines at the front: they go together. */
function countLeadingCalls({ pending }: CallQueue): number {
  const end = pending.findIndex(({ counts }) => counts);
  return end < 0 ? pending.length : end;
}

/** Reports to each call how long it will take approximately, counting the calls before it. */
function reportWaits(
  { scope, limit, pending }: CallQueue,
  { wait, backlogTime }: NotYet,
  now: number,
): void {
  const { refill, everyMilliseconds, pace } = limit.requests;
  const spacing = pace === "window" ? 0 : everyMilliseconds / refill;
  for (const [place, call] of pending.entries()) {
    const milliseconds = Math.ceil(wait + place * spacing);
    const all = place === 0 ? Math.max(milliseconds, Math.ceil(backlogTime)) : milliseconds;
    if (call.onWait === null || all < SHORTEST_REPORTED_WAIT) continue;
    if (now - call.reportedAt < REPORT_INTERVAL) continue;
    call.reportedAt = now;
    call.onWait(milliseconds, `${limit.name} of ${scope}`, all);
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
