import { SlipwayError } from "../../../src/errors.ts";
import { credentialKey } from "../../../src/oci/credential.ts";
import type { Reference } from "../../../src/oci/reference.ts";
import { formatReference } from "../../../src/oci/reference.ts";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import type { EngineApi } from "../client/api.ts";
import { EngineReplyFailure } from "../errors/engine-failure.ts";
import { engineError, isUnclearPull } from "../errors/errors.ts";
import type { EngineCallContext } from "../errors/errors.ts";
import { clarifyRefusal } from "./clarify-refusal.ts";
import type { FindRefusal } from "./clarify-refusal.ts";
import { createPullProgress, failureWords, pullLines } from "./pull-stream.ts";
import { anyOf } from "../../../src/async/cancellation.ts";
import { singleFlight } from "../../../src/async/single-flight.ts";

export interface PullTimeouts {
  /** Longest silence of the engine, in milliseconds. Default two minutes. */
  readonly silenceMilliseconds: number;
  /** Longest pull, in milliseconds. Default one hour. */
  readonly overallMilliseconds: number;
}

export interface ImagePull {
  /** Contains the digest of one platform's manifest. */
  readonly reference: Reference;
  /** `os/architecture[/variant]`; null for an image that does not state its own. */
  readonly platform: string | null;
  readonly credential: RegistryCredential | null;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

export interface Puller {
  /** Resolves when the engine has the image. Throws `SlipwayError`. */
  pull(request: ImagePull): Promise<void>;
}

export const DEFAULT_PULL_TIMEOUTS: PullTimeouts = {
  silenceMilliseconds: 2 * 60_000,
  overallMilliseconds: 60 * 60_000,
};

type Listener = (message: string) => void;

export interface PullerPorts {
  readonly api: EngineApi;
  /** The engine's address, for messages. */
  readonly engine: string;
  readonly findRefusal: FindRefusal;
  /** Default {@link DEFAULT_PULL_TIMEOUTS}. */
  readonly timeouts?: PullTimeouts;
}

/**
 * Pulls images into one engine. Concurrent callers with the same image, platform and credential share one pull, which
 * stops when the last of them leaves.
 */
export function createPuller(ports: PullerPorts): Puller {
  const join = singleFlight<void>();
  /** Listeners of the running pull of each key. */
  const audiences = new Map<string, Set<Listener>>();

  return {
    async pull(request) {
      const { reference, platform, credential, signal } = request;
      const key = JSON.stringify([formatReference(reference), platform, credentialKey(credential)]);
      const what = `pulling ${formatReference(reference)}`;
      const pulling = join({ key, signal, what }, (stop) => {
        const audience = new Set<Listener>();
        audiences.set(key, audience);
        const onProgress = (message: string) => {
          // A listener that throws must not fail the other callers of this pull.
          for (const listener of audience) queueMicrotask(() => listener(message));
        };
        return pullOnce(ports, { ...request, onProgress, signal: stop });
      });
      const audience = audiences.get(key) ?? new Set();
      // A function for each caller: several members may pass the same `onProgress`.
      const listener = (message: string) => {
        if (audience.has(listener)) request.onProgress(message);
      };
      audience.add(listener);
      try {
        await pulling;
      } finally {
        audience.delete(listener);
        if (audience.size === 0 && audiences.get(key) === audience) audiences.delete(key);
      }
    },
  };
}

async function pullOnce(ports: PullerPorts, request: ImagePull): Promise<void> {
  const context = pullContext(request.reference, ports.engine);
  try {
    await followPull(ports, request, context);
  } catch (caught) {
    const error = engineError(caught, context);
    throw isUnclearPull(caught) ? await clarifyRefusal(error, request, ports.findRefusal) : error;
  }
}

async function followPull(
  { api, timeouts = DEFAULT_PULL_TIMEOUTS }: PullerPorts,
  { reference, platform, credential, onProgress, signal }: ImagePull,
  { subject }: EngineCallContext,
): Promise<void> {
  using watch = createWatchdog(timeouts, subject);
  using stop = anyOf(signal, watch.signal);
  const wanted = { reference: formatReference(reference), registry: reference.registry };
  const body = await api.pull({ ...wanted, platform, credential }, stop.signal);
  watch.heard();
  const progress = createPullProgress();
  for await (const line of pullLines(body)) {
    watch.heard();
    const words = failureWords(line);
    if (words !== null) throw new EngineReplyFailure(null, words);
    const message = progress.add(line);
    if (message !== null) onProgress(message);
  }
}

function pullContext(reference: Reference, engine: string): EngineCallContext {
  return { operation: "pull", engine, subject: `image ${formatReference(reference)}` };
}

interface Watchdog extends Disposable {
  /** Aborts, with an error that gives the reason, after a silence or when the pull takes too long. */
  readonly signal: AbortSignal;
  /** Restarts the silence timer: the engine has sent data. */
  readonly heard: () => void;
}

function createWatchdog(timeouts: PullTimeouts, subject: string): Watchdog {
  const { silenceMilliseconds, overallMilliseconds } = timeouts;
  const controller = new AbortController();
  const abort = (why: string) => () => controller.abort(timedOut(subject, why));
  const silence = setTimeout(
    abort(`the engine reported no progress for ${silenceMilliseconds / 1000} seconds`),
    silenceMilliseconds,
  );
  const overall = setTimeout(
    abort(`it was not complete after ${overallMilliseconds / 1000} seconds`),
    overallMilliseconds,
  );
  return {
    signal: controller.signal,
    heard: () => silence.refresh(),
    [Symbol.dispose]() {
      clearTimeout(silence);
      clearTimeout(overall);
    },
  };
}

function timedOut(subject: string, why: string): SlipwayError {
  return new SlipwayError({
    code: "DEADLINE_EXCEEDED",
    reason: "PULL_TIMED_OUT",
    message: `pulling ${subject}: ${why}`,
    remedy: "Check the network between the engine's host and the registry, then spawn again.",
    blastRadius: "zone",
    retry: "same-token",
  });
}
