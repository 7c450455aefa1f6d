import { admit, correct, releaseReservation } from "../../../src/pacing/admission.ts";
import type { RateState } from "../../../src/pacing/admission.ts";
import type { Reservation, RateRequest, RateCorrection } from "../../../src/pacing/contract.ts";
import type { RateBucket, RateLimit } from "../../../src/pacing/rates.ts";

export const START = 1_700_000_000_000;

function perSecond(capacity: number, refill: number): RateBucket {
  return { capacity, refill, everyMilliseconds: 1_000, pace: "continuous" };
}
const LAUNCHES: RateLimit = {
  name: "RunInstances",
  requests: perSecond(5, 2),
  resources: perSecond(1_000, 2),
};
export const READS: RateLimit = {
  name: "DescribeImages",
  requests: perSecond(5, 2),
  resources: null,
};

interface Request {
  readonly at?: number;
  readonly tenant?: string;
  readonly queueId?: string;
  readonly machines?: number;
  readonly exactly?: number;
  readonly calls?: number;
}

/** One rate limit with several callers; returns the answer for each. */
export function openLimit(limit: RateLimit = LAUNCHES) {
  let state: RateState | null = null;
  const gone = new Set<string>();
  const requestOf = ({ at = 0, tenant = "a", queueId = "1", ...request }: Request): RateRequest => {
    const { machines, exactly, calls = 1 } = request;
    const most = exactly ?? machines;
    const resources = most === undefined ? null : { minimum: exactly ?? 1, maximum: most };
    const asked = { limit, tenant, queueId, now: START + at, requests: calls, resources };
    return { scope: "here", ...asked, isReserved: true, isGone: (each) => gone.has(each) };
  };
  return {
    /** The number granted or, if negative, the time to wait. */
    ask(request: Request): number {
      const decision = admit(state, requestOf(request));
      state = decision.state;
      const { answer } = decision;
      if (!answer.granted) return -answer.wait;
      return requestOf(request).resources === null ? answer.requests : answer.resources;
    },
    correct(correction: RateCorrection, request: Request = {}): void {
      state = correct(state, requestOf(request), correction);
    },
    recorded(reservation: Reservation): void {
      state = releaseReservation(state, { scope: "here", limit, reservation });
    },
    /** Ends the process of that queue. */
    end: (queueId: string) => gone.add(queueId),
    get reservations() {
      return state?.reservations ?? [];
    },
    get waiters() {
      return state?.waiters ?? [];
    },
  };
}
