import type { Clock } from "../host/clock.ts";
import type { Pace, RateLimit } from "./rates.ts";
import { LOOK_AGAIN } from "./admission.ts";
import type {
  RateAnswer,
  RateAsk,
  RateCorrection,
  RateStore,
  RateTurn,
  Spent,
} from "./contract.ts";

export interface GovernorPorts {
  readonly store: RateStore;
  readonly clock: Clock;
  /** Told apart from the lines of other processes on the same ledger: the driver's id. */
  readonly line: string;
  /** True for the line of a process that is known to be gone. */
  readonly isGone: (line: string) => boolean;
}

/** One kind of call on behalf of a tenant. */
export interface Admission {
  readonly scope: string;
  readonly limit: RateLimit;
  readonly tenant: string;
}

export interface Admitted extends Admission {
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
  admit(admitted: Admitted, signal: AbortSignal): Promise<Grant>;
  /**
   * What a call for one machine asks of the ledger together with its record, which is a transaction less; null where
   * somebody waits here already, or does by then. Where it is not granted, it is for `admit`.
   */
  atOnce(admission: Admission): (() => RateAsk | null) | null;
  /**
   * Waits for the turn of what was granted at a time and is about to be made now, where that took so long that the
   * provider would count it together with later calls: recording it may wait for a slow disk.
   *
   * @throws the signal's reason
   */
  renew(
    granted: Admission & { readonly resources: number; readonly at: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** The provider has refused a call for so many machines as too fast: the next ones come slower for a while. */
  throttled(
    refused: Admission & { readonly resources?: number },
    retryAfterMilliseconds: number | null,
  ): Promise<void>;
  /** Gives back what a launch was granted for machines that it was refused. */
  refused(admission: Admission, refused: Refused): Promise<void>;
  /** For an adapter's own calls on behalf of a tenant. */
  pace(tenant: string): Pace;
}

/** What is made within this of its grant needs no second one, in milliseconds: with the wire's, it is within the slack. */
const FRESH = 100;
/** A wait shorter than this is not worth a word, in milliseconds. */
const WORTH_TELLING = 500;
/** Who waits is told again after this, in milliseconds. */
const TELL_AGAIN = 5_000;

type Wanted = RateAsk["resources"];

const NOTHING: Grant = { resources: 0, spent: null };

interface Waiter {
  /** Asked anew at each try; null for a call that is for no machines. */
  readonly wanted: () => Wanted;
  readonly counts: boolean;
  readonly isHeld: boolean;
  readonly onWait: ((milliseconds: number, what: string) => void) | null;
  readonly resolve: (granted: Grant) => void;
  readonly reject: (reason: unknown) => void;
  toldAt: number;
}

interface Entering extends Pick<Waiter, "wanted" | "counts" | "onWait"> {
  readonly signal: AbortSignal;
  readonly isHeld?: boolean;
  /** Comes before all who wait here. */
  readonly isFirst?: boolean;
}

/** The calls of one tenant and limit that wait here; the first of them asks for all. */
interface Line extends Admission {
  readonly waiters: Waiter[];
  /** Ends the pause before the next try; null before there was one. */
  wake: AbortController | null;
}

export function createGovernor({ store, clock, line: own, isGone }: GovernorPorts): Governor {
  const lines = new Map<string, Line>();
  const turnOf = ({ scope, limit, tenant }: Admission): RateTurn => ({
    scope,
    limit,
    tenant,
    line: own,
    now: clock.now(),
  });

  /** One try for whoever is first. */
  const tryFirst = async (line: Line, first: Waiter): Promise<number | null> => {
    const resources = first.wanted();
    if (resources?.maximum === 0) {
      line.waiters.shift();
      first.resolve(NOTHING);
      return null;
    }
    const requests = first.counts ? 1 : leadingCalls(line);
    const { isHeld } = first;
    const answer = await store.spend({ ...turnOf(line), requests, resources, isHeld, isGone });
    if (!answer.granted) return answer.wait;
    await hand(line, first, answer);
    return null;
  };
  /** Gives what was granted to whoever is still there for it, and the rest back. */
  const hand = async (
    line: Line,
    first: Waiter,
    granted: Extract<RateAnswer, { readonly granted: true }>,
  ): Promise<void> => {
    const served = first.counts
      ? line.waiters.filter((each) => each === first)
      : line.waiters.slice(0, Math.min(granted.requests, leadingCalls(line)));
    for (const each of served) line.waiters.splice(line.waiters.indexOf(each), 1);
    const { held } = granted;
    const { scope, limit } = line;
    const spent = held === null ? null : { scope, limit, held };
    for (const { resolve } of served) resolve({ resources: granted.resources, spent });
    const requests = granted.requests - served.length;
    const resources = served.length === 0 ? granted.resources : 0;
    if (requests === 0 && resources === 0) return;
    await store.correct(turnOf(line), { kind: "unused", requests, resources, held });
  };
  const serve = async (key: string, line: Line): Promise<void> => {
    let isKnownToWait = false;
    try {
      // Who comes in the same turn goes along.
      await Promise.resolve();
      for (let first = line.waiters[0]; first !== undefined; first = line.waiters[0]) {
        const wait = await tryFirst(line, first);
        isKnownToWait = wait !== null;
        if (wait === null) continue;
        tell(line, wait, clock.now());
        if (line.waiters[0] !== first) continue;
        const wake = new AbortController();
        line.wake = wake;
        await pause(clock, Math.min(wait, LOOK_AGAIN), wake.signal);
      }
      lines.delete(key);
      if (isKnownToWait) await store.correct(turnOf(line), { kind: "left" });
    } catch (caught) {
      lines.delete(key);
      for (const { reject } of line.waiters.splice(0)) reject(caught);
    }
  };
  const enter = async (
    admission: Admission,
    { signal, isFirst = false, isHeld = false, ...waiting }: Entering,
  ): Promise<Grant> => {
    signal.throwIfAborted();
    const { scope, limit, tenant } = admission;
    const { promise, resolve, reject } = Promise.withResolvers<Grant>();
    const toldAt = Number.NEGATIVE_INFINITY;
    const waiter: Waiter = { ...waiting, isHeld, resolve, reject, toldAt };
    const key = keyOf(admission);
    const known = lines.get(key);
    const line = known ?? { scope, limit, tenant, waiters: [], wake: null };
    line.waiters.splice(isFirst ? 0 : line.waiters.length, 0, waiter);
    if (isFirst) line.wake?.abort();
    if (known === undefined) {
      lines.set(key, line);
      void serve(key, line);
    }
    const leave = (): void => {
      const place = line.waiters.indexOf(waiter);
      if (place < 0) return;
      line.waiters.splice(place, 1);
      reject(signal.reason);
      if (place === 0) line.wake?.abort();
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  };
  const throttled: Governor["throttled"] = async (refused, retryAfterMilliseconds) => {
    const { resources = 0 } = refused;
    await store.correct(turnOf(refused), { kind: "throttled", resources, retryAfterMilliseconds });
  };
  return {
    async admit({ resources, onWait = null, ...admission }, signal) {
      const wanted = (): Wanted =>
        resources === undefined ? null : { minimum: 1, maximum: resources() };
      const counts = resources !== undefined;
      return await enter(admission, { wanted, counts, isHeld: counts, onWait, signal });
    },
    async renew({ resources, at, ...admission }, signal) {
      if (clock.now() - at <= FRESH) return;
      const late = { kind: "late", requests: 1, resources, granted: at } as const;
      await store.correct(turnOf(admission), late);
      const wanted = () => (resources === 0 ? null : { minimum: resources, maximum: resources });
      const counts = resources > 0;
      await enter(admission, { wanted, counts, onWait: null, signal, isFirst: true });
    },
    atOnce(admission) {
      const key = keyOf(admission);
      if (lines.has(key)) return null;
      const one = { requests: 1, resources: { minimum: 1, maximum: 1 } };
      return () => (lines.has(key) ? null : { ...turnOf(admission), ...one, isGone });
    },
    throttled,
    refused: async (admission, refused) =>
      await store.correct(turnOf(admission), { kind: "refused", ...refused }),
    pace: (tenant) => ({
      async wait({ scope, limit, resources = 0 }, signal) {
        const wanted = () => (resources === 0 ? null : { minimum: resources, maximum: resources });
        const admission = { scope, limit, tenant };
        await enter(admission, { wanted, counts: resources > 0, onWait: null, signal });
      },
      throttled: async (call, retryAfterMilliseconds) =>
        await throttled({ ...call, tenant }, retryAfterMilliseconds),
    }),
  };
}

function keyOf({ scope, limit, tenant }: Admission): string {
  return JSON.stringify([scope, limit.name, tenant]);
}

/** How many calls without machines come first: they go together. */
function leadingCalls({ waiters }: Line): number {
  const end = waiters.findIndex(({ counts }) => counts);
  return end < 0 ? waiters.length : end;
}

/** Tells each how long it will be about, counting those before it. */
function tell({ scope, limit, waiters }: Line, wait: number, now: number): void {
  const { refill, everyMilliseconds, pace } = limit.requests;
  const spacing = pace === "window" ? 0 : everyMilliseconds / refill;
  for (const [place, waiter] of waiters.entries()) {
    const milliseconds = Math.ceil(wait + place * spacing);
    if (waiter.onWait === null || milliseconds < WORTH_TELLING) continue;
    if (now - waiter.toldAt < TELL_AGAIN) continue;
    waiter.toldAt = now;
    waiter.onWait(milliseconds, `${limit.name} of ${scope}`);
  }
}

async function pause(clock: Clock, milliseconds: number, wake: AbortSignal): Promise<void> {
  try {
    await clock.sleep(milliseconds, wake);
  } catch (caught) {
    if (!wake.aborted) throw caught;
  }
}
