import type { Clock } from "../host/clock.ts";
import type { ProcessIdentity } from "../host/process-identity.ts";
import type { Lease, Ledger, SpawnKey } from "../ledger/ledger.ts";

/** For how long a worker may go without renewing its leases, in milliseconds. */
export const LEASE_MILLISECONDS = 30_000;
/** Three renewals fit into a lease, so that one late renewal loses nothing. */
const RENEWAL_MILLISECONDS = LEASE_MILLISECONDS / 3;

/** Created once: an error with its own stack costs more than the rest of a spawn's end. */
const DONE = new Error("no spawn is driven here any longer");

export interface Leases {
  /** When a lease that is given now ends, in milliseconds since the epoch. */
  until(): number;
  /** Renews this worker's leases as long as the spawn is driven here. */
  keepAlive(key: SpawnKey): Disposable;
  /** Whether no process drives the spawn any longer. */
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
      // A failed renewal is like a late one. If it comes too late, the fence stops this worker.
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
      // A spawn that is driven here is not free here, even if its lease has run out.
      if (lease.worker === worker.id) return !driven.has(nameOf(key));
      return lease.until <= clock.now() || worker.isGone(lease.worker);
    },
  };
}

function nameOf({ tenant, spawnId }: SpawnKey): string {
  return JSON.stringify([tenant, spawnId]);
}
