import type { SubstrateAdapter } from "../../substrate/contract.ts";
import type { PacedCall, Governor, Grant } from "../../pacing/governor.ts";
import type { Backlog } from "../../pacing/contract.ts";
import type { LaunchPacing, RecordedLaunch } from "./launch-calls.ts";
import type { RateRequest } from "../../pacing/contract.ts";
import type { QueuedLaunch } from "./record-launch.ts";
import { retryAfterMilliseconds } from "../../async/retry-after.ts";

/**
 * Admits launches through the governor, and reports their outcomes to it. A substrate without rates admits them at
 * once.
 */
export interface LaunchAdmission extends LaunchPacing {
  /** Waits for the turn of a new launch. Grants as many as possible of those that wait when the turn comes. */
  readonly admitFirst: (
    adapter: SubstrateAdapter,
    tenant: string,
    waiting: WaitingLaunches,
    signal: AbortSignal,
  ) => Promise<Grant>;
  /**
   * The request of a new launch of one machine that is made together with its record; null if other launches wait for
   * their turn, or if the substrate has no rates.
   */
  readonly requestAtOnce: (
    adapter: SubstrateAdapter,
    tenant: string,
  ) => (() => RateRequest | null) | null;
  /** Waits for the turn of a repeated launch, whose machines are already counted. */
  readonly admitRepeat: (
    launch: Pick<RecordedLaunch, "adapter" | "plan">,
    onWait: QueuedLaunch["onWait"],
    signal: AbortSignal,
  ) => Promise<void>;
}

/** The launches that wait in one group, as they are when it is asked. */
export interface WaitingLaunches {
  /** The number of spawns. */
  readonly count: () => number;
  readonly all: () => readonly QueuedLaunch[];
  /** How many of them, from the first, one launch can carry. */
  readonly fitting: () => number;
}

export function createLaunchAdmission(governor: Governor): LaunchAdmission {
  return {
    async admitFirst(adapter, tenant, waiting, signal) {
      const { batch, rates } = adapter.capabilities;
      const resources = waiting.fitting;
      if (rates === null) return { resources: resources(), spent: null };
      const backlog = (): Backlog => {
        const machines = waiting.count();
        return { machines, calls: Math.ceil(machines / batch.maximum) };
      };
      // Each learns of its own turn. The backlog shrinks evenly once the first machines have used up the buckets.
      const onWait = (milliseconds: number, message: string, all: number): void => {
        const queue = waiting.all();
        for (const [place, queued] of queue.entries())
          queued.onWait(Math.max(milliseconds, (all * (place + 1)) / queue.length), message);
      };
      const { scope, launch: limit } = rates;
      return await governor.admit({ scope, limit, tenant, resources, backlog, onWait }, signal);
    },
    requestAtOnce({ capabilities: { rates } }, tenant) {
      if (rates === null) return null;
      const { scope, launch: limit } = rates;
      return governor.requestAtOnce({ scope, limit, tenant });
    },
    async admitRepeat({ adapter, plan: { tenant } }, onWait, signal) {
      const { rates } = adapter.capabilities;
      if (rates === null) return;
      const { scope, launch: limit } = rates;
      await governor.admit({ scope, limit, tenant, onWait }, signal);
    },
    async readmitLate({ adapter, plan: { tenant } }, { members: resources, at }, signal) {
      const { rates } = adapter.capabilities;
      if (rates === null) return;
      const { scope, launch: limit } = rates;
      await governor.readmit({ scope, limit, tenant, resources, at }, signal);
    },
    async noteOutcomes({ adapter, token, at: granted, plan: { tenant } }, outcomes, isRepeated) {
      const { rates } = adapter.capabilities;
      if (rates === null) return;
      const admission: PacedCall = { scope: rates.scope, limit: rates.launch, tenant };
      const refusals = outcomes.flatMap((one) => (one.outcome === "rejected" ? [one.error] : []));
      const throttle = refusals.find(({ reason }) => reason === "CLOUD_RATE_LIMITED");
      if (throttle !== undefined)
        return await governor.noteThrottle(
          { ...admission, resources: outcomes.length },
          retryAfterMilliseconds(throttle),
        );
      // A place with room for fewer machines has cost no more. For one machine it is not stored whether it was
      // refunded, so only the first answer refunds it.
      const refused = { resources: refusals.length, granted };
      if (refusals.length > 1) await governor.noteRefusal(admission, { ...refused, token });
      else if (refusals.length === 1 && !isRepeated)
        await governor.noteRefusal(admission, { ...refused, token: null });
    },
  };
}
