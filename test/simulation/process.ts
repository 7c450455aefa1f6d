import type { Clock } from "../../src/host/clock.ts";
import type { Scene } from "./scene.ts";

/** A process that drives spawns. It can be killed between any two calls, and suspended. */
export interface SimulatedProcess {
  readonly id: string;
  readonly host: string;
  readonly isAlive: boolean;
  readonly clock: Clock;
  /**
   * Begins a call. `dead`: the call is not made; `doomed`: the process dies after the effect and before the answer.
   */
  beginCall(what: string): "alive" | "dead" | "doomed";
  /** A call to something on the same host: it takes effect or not, and is answered if the process is alive. */
  call<Result>(what: string, effect: () => Promise<Result>): Promise<Result>;
  /** Runs an action in the process once it is not suspended. Never runs it if the process is dead. */
  resume(action: () => void): void;
  die(how: string): void;
}

export interface ProcessOptions {
  readonly id: string;
  readonly host: string;
  /** Error of the host's clock, in milliseconds. */
  readonly skew: number;
  /** The 1-based number of the call at which the process is killed; null for none. */
  readonly fatalCall: number | null;
  readonly onDeath: () => void;
}

/** A promise that never settles. */
export function never<Result>(): Promise<Result> {
  return new Promise(() => undefined);
}

export function createProcess(scene: Scene, options: ProcessOptions): SimulatedProcess {
  const { random, scheduler, faultRates } = scene;
  const { id, host, skew, fatalCall, onDeath } = options;
  const inFlight = new Set<() => Promise<unknown>>();
  let isAlive = true;
  let calls = 0;
  let stalledUntil = 0;

  const die = (how: string): void => {
    if (!isAlive) return;
    isAlive = false;
    scene.narrate(id, () => `dies ${how}`);
    // Each write in progress takes effect or not.
    for (const commit of inFlight) if (random.chance(0.5)) void Promise.allSettled([commit()]);
    inFlight.clear();
    onDeath();
  };

  const beginCall = (what: string): "alive" | "dead" | "doomed" => {
    if (!isAlive) return "dead";
    calls += 1;
    if (random.chance(faultRates.stall)) {
      const length = random.between(1_000, 90_000);
      stalledUntil = scheduler.now() + length;
      scene.narrate(id, () => `is suspended for ${length} ms`);
    }
    if (calls !== fatalCall) return "alive";
    if (random.chance(0.5)) return "doomed";
    die(`before ${what}`);
    return "dead";
  };

  const resume = (action: () => void): void => {
    if (!isAlive) return;
    const left = stalledUntil - scheduler.now();
    if (left <= 0) action();
    else scheduler.after(left, () => resume(action));
  };

  const answer = (action: () => void): void => {
    if (random.chance(faultRates.slowLedger))
      scheduler.after(random.between(1, 2_000), () => resume(action));
    else resume(action);
  };

  const clock: Clock = {
    now: () => scheduler.now() + skew,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const manner = beginCall("a pause");
        if (manner === "doomed") die("before a pause");
        if (manner !== "alive") return undefined;
        let isOver = false;
        const abort = (): void => {
          isOver = true;
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
        const wake = (): void => {
          if (isOver) return;
          signal?.removeEventListener("abort", abort);
          resolve();
        };
        scheduler.after(Math.max(0, milliseconds), () => {
          if (!isOver) resume(wake);
        });
        return undefined;
      }),
  };

  return {
    id,
    host,
    get isAlive() {
      return isAlive;
    },
    clock,
    beginCall,
    resume,
    die,
    call<Result>(what: string, effect: () => Promise<Result>): Promise<Result> {
      const manner = beginCall(what);
      if (manner === "dead") return never();
      return new Promise((resolve, reject) => {
        const commit = (): Promise<Result> => {
          inFlight.delete(commit);
          return effect();
        };
        const act = (): void => {
          const done = commit();
          if (manner === "doomed") {
            void Promise.allSettled([done]);
            return die(`after ${what}`);
          }
          done.then(
            (result) => answer(() => resolve(result)),
            (failure: unknown) => answer(() => reject(failure)),
          );
        };
        inFlight.add(commit);
        scheduler.after(random.between(1, 6), () => resume(act));
      });
    },
  };
}
