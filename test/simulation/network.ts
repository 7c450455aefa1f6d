import { cancellation } from "../../src/async/cancellation.ts";
import { never } from "./process.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Scene } from "./scene.ts";

/** The outcome of a request from the viewpoint of its sender. */
export type Reply<Value> =
  | { readonly kind: "answered"; readonly value: Value }
  | { readonly kind: "throttled" }
  /** Lost, or 5xx: the request may or may not have taken effect. */
  | { readonly kind: "failed" };

export interface Request<Value> {
  readonly process: SimulatedProcess;
  readonly what: string;
  /** Executed by the cloud when the request arrives. */
  readonly effect: () => Value;
  /** Whether the rate limit admits the request; otherwise it is throttled. */
  readonly isAllowed: () => boolean;
  /** False for a request that only reads: a late or duplicate arrival has no effect. */
  readonly isMutating: boolean;
  /** The sender stops waiting when this is aborted; null: it always waits for the reply. */
  readonly signal: AbortSignal | null;
  /** The cloud is unreachable. */
  readonly isUnreachable: () => boolean;
}

/** Reply timeout of a client, in milliseconds. */
const REPLY_TIMEOUT = 30_000;
/** The longest network delay. */
export const LONGEST_DELAY = 120_000;

interface Delivery {
  /** Delays of its arrivals, in milliseconds. */
  readonly arrivals: readonly number[];
  /** The reply to the first arrival. */
  readonly reply: "answered" | "throttled" | "failed" | "lost";
  readonly back: number;
}

/** Sends a request over a network that loses, delays, duplicates and reorders. */
export function send<Value>(scene: Scene, request: Request<Value>): Promise<Reply<Value>> {
  const { process, what, signal } = request;
  const { scheduler } = scene;
  const manner = process.beginCall(what);
  if (manner === "dead") return never();
  const delivery = drawDelivery(scene, request);
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
    const [first] = delivery.arrivals;
    const answersIn = first === undefined ? Infinity : first + delivery.back;
    const isHeard = delivery.reply !== "lost" && answersIn <= REPLY_TIMEOUT;
    for (const [index, way] of delivery.arrivals.entries())
      scheduler.after(way, () => {
        const isThrottled = delivery.reply === "throttled" || !request.isAllowed();
        const reply = isThrottled ? null : arrive(scene, request, way);
        if (index > 0) return;
        if (manner === "doomed") return process.die(`after ${what} arrived`);
        if (!isHeard) return;
        const heard: Reply<Value> = isThrottled ? { kind: "throttled" } : replyOf(delivery, reply);
        if (delivery.back === 0) finish(heard);
        else scheduler.after(delivery.back, () => finish(heard));
      });
    if (first === undefined && manner === "doomed")
      scheduler.after(100, () => process.die(`after sending ${what}`));
    if (!isHeard) {
      const sooner = delivery.reply === "failed" ? 50 : REPLY_TIMEOUT;
      scheduler.after(sooner, () => {
        if (isOpen) scene.narrate(process.id, () => `gets no reply to ${what}`);
        finish({ kind: "failed" });
      });
    }
    return undefined;
  });
}

function arrive<Value>(scene: Scene, { what, effect }: Request<Value>, way: number): Value {
  if (way > 1_000) scene.narrate("network", () => `${what} arrives after ${way} ms`);
  return effect();
}

function replyOf<Value>({ reply }: Delivery, value: Value | null): Reply<Value> {
  if (reply === "failed" || value === null) return { kind: "failed" };
  return { kind: "answered", value };
}

function drawDelivery(scene: Scene, { isMutating, isUnreachable }: Request<unknown>): Delivery {
  const { random, faultRates } = scene;
  const way = random.between(1, 80);
  if (isUnreachable())
    return { arrivals: [], reply: random.chance(0.5) ? "failed" : "lost", back: 0 };
  if (random.chance(faultRates.throttle)) return { arrivals: [way], reply: "throttled", back: 0 };
  if (random.chance(faultRates.refusedBefore)) return { arrivals: [], reply: "failed", back: 0 };
  if (random.chance(faultRates.lostRequest)) return { arrivals: [], reply: "lost", back: 0 };
  const arrivals = [way];
  if (isMutating && random.chance(faultRates.lateRequest))
    arrivals[0] = random.between(500, LONGEST_DELAY);
  if (isMutating && random.chance(faultRates.doubledRequest))
    arrivals.push(random.between(1, LONGEST_DELAY));
  const last = scene.scheduler.now() + Math.max(...arrivals);
  scene.lastArrival = Math.max(scene.lastArrival, last);
  if (random.chance(faultRates.failedAfter)) return { arrivals, reply: "failed", back: 0 };
  if (random.chance(faultRates.lostReply)) return { arrivals, reply: "lost", back: 0 };
  const back = random.chance(faultRates.lateReply) ? random.between(100, REPLY_TIMEOUT) : 0;
  return { arrivals, reply: "answered", back };
}
