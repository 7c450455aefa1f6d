import type { Clock } from "../host/clock.ts";
import type { Driver } from "../host/process-identity.ts";
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
  hold(key: SpawnKey): Disposable;
  /** True for a spawn that nobody drives any more. */
  isFree(key: SpawnKey, lease: Lease): boolean;
}

export function createLeases(ports: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly driver: Driver;
}): Leases {
  const { ledger, clock, driver } = ports;
  const held = new Map<string, number>();
  let beating: AbortController | null = null;
  const until = (): number => clock.now() + LEASE_MILLISECONDS;

  const beat = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      // A renewal that fails is no more than a late one: the fence tells a driver that it came too late.
      await Promise.allSettled([clock.sleep(RENEWAL_MILLISECONDS, signal)]);
      if (!signal.aborted) await Promise.allSettled([ledger.renew(driver.id, until())]);
    }
  };

  return {
    until,
    hold(key) {
      const name = nameOf(key);
      held.set(name, (held.get(name) ?? 0) + 1);
      if (beating === null) {
        beating = new AbortController();
        void beat(beating.signal);
      }
      return {
        [Symbol.dispose]() {
          const left = (held.get(name) ?? 1) - 1;
          if (left > 0) held.set(name, left);
          else held.delete(name);
          if (held.size > 0) return;
          beating?.abort(DONE);
          beating = null;
        },
      };
    },
    isFree(key, lease) {
      if (lease.driver === null) return true;
      // Late or not, what is driven here is nobody else's here.
      if (lease.driver === driver.id) return !held.has(nameOf(key));
      return lease.until <= clock.now() || driver.isGone(lease.driver);
    },
  };
}

function nameOf({ tenant, spawnId }: SpawnKey): string {
  return JSON.stringify([tenant, spawnId]);
}
