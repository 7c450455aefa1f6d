import { SlipwayError } from "../../../src/errors.ts";
import { credentialKey } from "../../../src/oci/credential.ts";
import type { Reference } from "../../../src/oci/reference.ts";
import { formatReference, formatRepository } from "../../../src/oci/reference.ts";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import type { EngineApi } from "../client/api.ts";
import { engineError, pullStreamError } from "../errors/errors.ts";
import type { EngineCallContext } from "../errors/errors.ts";
import { createPullProgress, failureWords, pullLines } from "./pull-stream.ts";
import { untilAborted } from "../../../src/async/tasks.ts";

export interface PullTimeouts {
  /** Longest silence of the engine, in milliseconds. Default two minutes. */
  readonly silenceMilliseconds: number;
  /** Longest pull, in milliseconds. Default one hour. */
  readonly overallMilliseconds: number;
}

export interface ImagePull {
  /** With the digest of one platform's manifest. */
  readonly reference: Reference;
  /** `os/architecture[/variant]`. */
  readonly platform: string;
  readonly credential: RegistryCredential | null;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

export interface Puller {
  /** Resolves once the engine has the image. Throws `SlipwayError`. */
  pull(request: ImagePull): Promise<void>;
}

export const DEFAULT_PULL_TIMEOUTS: PullTimeouts = {
  silenceMilliseconds: 2 * 60_000,
  overallMilliseconds: 60 * 60_000,
};

/** A pull that is under way, and those who wait for it. */
interface Flight {
  readonly done: Promise<void>;
  readonly listeners: Set<(message: string) => void>;
  readonly controller: AbortController;
}

/**
 * Pulls images into one engine. Those who want the same image for the same platform with the same credential at the
 * same time wait for one pull; one who leaves does not stop it for the others, the last one does.
 */
export function createPuller(
  api: EngineApi,
  engine: string,
  timeouts: PullTimeouts = DEFAULT_PULL_TIMEOUTS,
): Puller {
  const flights = new Map<string, Flight>();

  const begin = (key: string, request: ImagePull): Flight => {
    const controller = new AbortController();
    const listeners = new Set<(message: string) => void>();
    const tell = (message: string) => {
      // What a listener throws is its owner's failure, not that of all who wait for this pull.
      for (const listener of listeners) queueMicrotask(() => listener(message));
    };
    const run = pullOnce(api, { ...request, onProgress: tell }, { engine, timeouts, controller });
    const flight: Flight = {
      done: run.finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      }),
      listeners,
      controller,
    };
    flights.set(key, flight);
    return flight;
  };

  return {
    async pull(request) {
      const { reference, platform, credential, signal } = request;
      const key = JSON.stringify([formatReference(reference), platform, credentialKey(credential)]);
      const flight = flights.get(key) ?? begin(key, request);
      // Its own function each: the same one may be given for several members.
      const listener = (message: string) => {
        if (flight.listeners.has(listener)) request.onProgress(message);
      };
      flight.listeners.add(listener);
      try {
        await untilAborted(flight.done, signal, `pulling ${formatReference(reference)}`);
      } finally {
        flight.listeners.delete(listener);
        if (flight.listeners.size === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort();
        }
      }
    },
  };
}

interface PullRun {
  readonly engine: string;
  readonly timeouts: PullTimeouts;
  readonly controller: AbortController;
}

async function pullOnce(api: EngineApi, request: ImagePull, run: PullRun): Promise<void> {
  const { reference, platform, credential } = request;
  const context = pullContext(reference, run.engine);
  const watch = watchdog(run, context.subject);
  try {
    const wanted = { reference: formatReference(reference), registry: reference.registry };
    const body = await api.pull({ ...wanted, platform, credential }, run.controller.signal);
    watch.heard();
    const progress = createPullProgress();
    for await (const line of pullLines(body)) {
      watch.heard();
      const words = failureWords(line);
      if (words !== null) throw pullStreamError(words, context);
      const message = progress.add(line);
      if (message !== null) request.onProgress(message);
    }
  } catch (caught) {
    throw engineError(caught, context);
  } finally {
    watch.end();
  }
}

function pullContext(reference: Reference, engine: string): EngineCallContext {
  const text = formatReference(reference);
  const { repository } = reference;
  return {
    operation: "pull",
    engine,
    subject: `image ${text}`,
    names: [text, formatRepository(reference), `/v2/${repository}/`],
  };
}

/** Aborts the pull after a silence or when it has taken too long, with an error that says which. */
function watchdog({ controller, timeouts }: PullRun, subject: string) {
  const { silenceMilliseconds, overallMilliseconds } = timeouts;
  const abort = (why: string) => () => controller.abort(timedOut(subject, why));
  const silence = setTimeout(
    abort(`the engine told no progress for ${silenceMilliseconds / 1000} seconds`),
    silenceMilliseconds,
  );
  const overall = setTimeout(
    abort(`it was not complete after ${overallMilliseconds / 1000} seconds`),
    overallMilliseconds,
  );
  return {
    heard: () => silence.refresh(),
    end: () => {
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
    remedy: "Check the way from the engine's host to the registry, then spawn again.",
    blastRadius: "zone",
    retry: "same-token",
  });
}
