import { cancellation } from "../../src/async/cancellation.ts";
import { never } from "./process.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Scene } from "./scene.ts";

/** What became of a request, as its sender sees it. */
export type Reply<Value> =
  | { readonly kind: "answered"; readonly value: Value }
  | { readonly kind: "throttled" }
  /** Lost, or 5xx: it took effect or not. */
  | { readonly kind: "failed" };

export interface Request<Value> {
  readonly process: SimulatedProcess;
  readonly what: string;
  /** What the cloud does when it arrives. */
  readonly effect: () => Value;
  /** Whether it comes slowly enough; else it is throttled. */
  readonly isAllowed: () => boolean;
  /** False for one that only reads: where it arrives late or twice is of no interest. */
  readonly isMutating: boolean;
  /** The request is given up as soon as this is aborted; null: it is seen through. */
  readonly signal: AbortSignal | null;
  /** Nothing gets through to the cloud. */
  readonly isOut: () => boolean;
}

/** How long a client waits for its reply, in milliseconds. */
const PATIENCE = 30_000;
/** The longest that a request is under way. */
export const LONGEST_WAY = 120_000;

interface Fate {
  /** When it arrives, after how many milliseconds each time. */
  readonly arrivals: readonly number[];
  /** When the reply to the first arrival comes, or that it does not. */
  readonly reply: "answered" | "throttled" | "failed" | "lost";
  readonly back: number;
}

/** Sends a request over a network that loses, delays, doubles and reorders. */
export function send<Value>(scene: Scene, request: Request<Value>): Promise<Reply<Value>> {
  const { process, what, signal } = request;
  const { scheduler } = scene;
  const manner = process.enter(what);
  if (manner === "dead") return never();
  const fate = drawFate(scene, request);
  return new Promise((resolve, reject) => {
    let isOpen = true;
    const abort = (): void => {
      if (isOpen) reject(cancellation(signal ?? AbortSignal.abort(), what));
      isOpen = false;
    };
    if (signal?.aborted === true) return abort();
    signal?.addEventListener("abort", abort, { once: true });
    const finish = (reply: Reply<Value>): void =>
      process.resume(() => {
        if (!isOpen) return;
        isOpen = false;
        signal?.removeEventListener("abort", abort);
        resolve(reply);
      });
    const [first] = fate.arrivals;
    const answersIn = first === undefined ? Infinity : first + fate.back;
    const isHeard = fate.reply !== "lost" && answersIn <= PATIENCE;
    for (const [index, way] of fate.arrivals.entries())
      scheduler.after(way, () => {
        const isThrottled = fate.reply === "throttled" || !request.isAllowed();
        const reply = isThrottled ? null : arrive(scene, request, way);
        if (index > 0) return;
        if (manner === "doomed") return process.die(`after ${what} arrived`);
        if (!isHeard) return;
        const heard: Reply<Value> = isThrottled ? { kind: "throttled" } : replyOf(fate, reply);
        if (fate.back === 0) finish(heard);
        else scheduler.after(fate.back, () => finish(heard));
      });
    if (first === undefined && manner === "doomed")
      scheduler.after(100, () => process.die(`after sending ${what}`));
    if (!isHeard) {
      const sooner = fate.reply === "failed" ? 50 : PATIENCE;
      scheduler.after(sooner, () => {
        if (isOpen) scene.tell(process.id, () => `hears nothing of ${what}`);
        finish({ kind: "failed" });
      });
    }
    return undefined;
  });
}

function arrive<Value>(scene: Scene, { what, effect }: Request<Value>, way: number): Value {
  if (way > 1_000) scene.tell("network", () => `${what} arrives after ${way} ms`);
  return effect();
}

function replyOf<Value>({ reply }: Fate, value: Value | null): Reply<Value> {
  if (reply === "failed" || value === null) return { kind: "failed" };
  return { kind: "answered", value };
}

function drawFate(scene: Scene, { isMutating, isOut }: Request<unknown>): Fate {
  const { random, mood } = scene;
  const way = random.between(1, 80);
  if (isOut()) return { arrivals: [], reply: random.chance(0.5) ? "failed" : "lost", back: 0 };
  if (random.chance(mood.throttle)) return { arrivals: [way], reply: "throttled", back: 0 };
  if (random.chance(mood.refusedBefore)) return { arrivals: [], reply: "failed", back: 0 };
  if (random.chance(mood.lostRequest)) return { arrivals: [], reply: "lost", back: 0 };
  const arrivals = [way];
  if (isMutating && random.chance(mood.lateRequest)) arrivals[0] = random.between(500, LONGEST_WAY);
  if (isMutating && random.chance(mood.doubledRequest))
    arrivals.push(random.between(1, LONGEST_WAY));
  const last = scene.scheduler.now() + Math.max(...arrivals);
  scene.lastArrival = Math.max(scene.lastArrival, last);
  if (random.chance(mood.failedAfter)) return { arrivals, reply: "failed", back: 0 };
  if (random.chance(mood.lostReply)) return { arrivals, reply: "lost", back: 0 };
  const back = random.chance(mood.lateReply) ? random.between(100, PATIENCE) : 0;
  return { arrivals, reply: "answered", back };
}
