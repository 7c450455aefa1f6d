import type { SlipwayError } from "../../src/errors.ts";
import type { RateLimit } from "../../src/pacing/rates.ts";
import { send } from "./network.ts";
import type { Reply } from "./network.ts";
import { throttled, unanswered } from "./refusals.ts";
import type { Scene } from "./scene.ts";
import type { AdapterPorts } from "./simulated-adapter.ts";

export interface CloudRequest<Value> {
  readonly effect: () => Value;
  readonly signal: AbortSignal | null;
  /** The rate it counts against; absent if the cloud has no rates. */
  readonly limit?: RateLimit | undefined;
  /** Number of machines that are charged before the call takes effect. */
  readonly resources?: number;
  readonly isMutating?: boolean;
}

/** How one process's adapter calls its cloud. */
export interface CloudCaller {
  readonly ask: <Value>(what: string, asked: CloudRequest<Value>) => Promise<Reply<Value>>;
  /** Waits for a rate token first. Launches are admitted elsewhere and do not use this. */
  readonly pacedAsk: <Value>(what: string, asked: CloudRequest<Value>) => Promise<Reply<Value>>;
  /** @throws SlipwayError if there is no answer */
  readonly read: <Value>(what: string, asked: CloudRequest<Value>) => Promise<Value>;
}

export function createCloudCaller({ scene, process, cloud, pace }: AdapterPorts): CloudCaller {
  const { rates } = cloud;
  const ask = <Value>(
    what: string,
    { effect, signal, limit, resources = 0, isMutating = false }: CloudRequest<Value>,
  ): Promise<Reply<Value>> =>
    send(scene, {
      process,
      what: `${cloud.name} ${what}`,
      effect,
      isAllowed: () =>
        limit === undefined ||
        (cloud.meter.request(limit) && cloud.meter.resources(limit, resources)),
      signal,
      isMutating,
      isUnreachable: () => cloud.unreachableUntil > scene.scheduler.now(),
    });
  const pacedAsk = async <Value>(
    what: string,
    asked: CloudRequest<Value>,
  ): Promise<Reply<Value>> => {
    const { limit, signal, resources = 0 } = asked;
    if (limit === undefined || rates === null) return await ask(what, asked);
    const call = { scope: rates.scope, limit, resources };
    await pace.wait(call, signal ?? new AbortController().signal);
    const reply = await ask(what, asked);
    if (reply.kind === "throttled") await pace.throttled(call, null);
    return reply;
  };
  const read = async <Value>(what: string, asked: CloudRequest<Value>) =>
    valueOf(scene, what, await pacedAsk(what, asked));

  return { ask, pacedAsk, read };
}

function valueOf<Value>(scene: Scene, what: string, reply: Reply<Value>): Value {
  if (reply.kind === "answered") return reply.value;
  throw reply.kind === "throttled" ? throttle(scene) : unanswered(what);
}

export function throttle({ random }: Scene): SlipwayError {
  return throttled(random.pick([0, 0, 1, 5]));
}
