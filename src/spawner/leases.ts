import type { Clock } from "../host/clock.ts";
import type { ProcessIdentity } from "../host/process-identity.ts";
import type { Lease, Ledger, SpawnKey } from "../ledger/ledger.ts";

/** For how long a driver may go without a sign of life, in milliseconds. */
export const LEASE_MILLISECONDS = 30_000;
/** Three signs of life a lease: one that comes late loses nothing. */
const RENEWAL_MILLISECONDS = LEASE_MILLISECONDS / 3;

/** Made once: an error with its stack costs more than all else that a spawn's end does. */
const DONE = new Error("nothing is driven here any more");

export interface Leases {
  /** Until when a lease goes that is given now. */
  until(): number;
  /** Keeps this driver's leases alive while the spawn is driven here. */
  keepAlive(key: SpawnKey): Disposable;
  /** True for a spawn that nobody drives any more. */
  isFree(key: SpawnKey, lease: Lease): boolean;
}

export function createLeases(ports: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly worker: ProcessIdentity;
}): Leases {
  const { ledger, clock, worker } = ports;
  const driven = new Map<string, number>();
  let beating: AbortController | null = null;
  const until = (): number => clock.now() + LEASE_MILLISECONDS;

  const renewLeases = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      // A renewal that fails is no more than a late one: the fence tells a driver that it came too late.
      await Promise.allSettled([clock.sleep(RENEWAL_MILLISECONDS, signal)]);
      if (!signal.aborted) await Promise.allSettled([ledger.renew(worker.id, until())]);
    }
  };

  return {
    until,
    keepAlive(key) {
      const name = nameOf(key);
      driven.set(name, (driven.get(name) ?? 0) + 1);
      if (beating === null) {
        beating = new AbortController();
        void renewLeases(beating.signal);
      }
      return {
        [Symbol.dispose]() {
          const left = (driven.get(name) ?? 1) - 1;
          if (left > 0) driven.set(name, left);
          else driven.delete(name);
          if (driven.size > 0) return;
          beating?.abort(DONE);
          beating = null;
        },
      };
    },
    isFree(key, lease) {
      if (lease.worker === null) return true;
      // Late or not, what is driven here is nobody else's here.
      if (lease.worker === worker.id) return !driven.has(nameOf(key));
      return lease.until <= clock.now() || worker.isGone(lease.worker);
    },
  };
}

function nameOf({ tenant, spawnId }: SpawnKey): string {
  return JSON.stringify([tenant, spawnId]);
}
