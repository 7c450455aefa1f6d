import type { EngineApi } from "./api.ts";
import type { InfoReply, VersionReply } from "./replies.ts";
import { untilAborted } from "../../../src/async/tasks.ts";

/** What an engine says of itself. */
export interface EngineFacts {
  readonly info: InfoReply;
  readonly version: VersionReply;
}

/** An engine's facts, remembered for a minute: a spawn right after its resolution asks nothing anew. */
export interface EngineFactsReader {
  read(signal: AbortSignal): Promise<EngineFacts>;
  /** The engine's own name for its host, which does not change while it runs. */
  name(signal: AbortSignal): Promise<string>;
}

const FRESH_MILLISECONDS = 60_000;

export function createEngineFacts(api: EngineApi, now: () => number): EngineFactsReader {
  let known: { readonly facts: EngineFacts; readonly at: number } | null = null;
  let flight: Promise<EngineFacts> | null = null;

  const ask = async (): Promise<EngineFacts> => {
    // Several callers wait for one answer: none of them may take it from the others.
    const signal = new AbortController().signal;
    const [info, version] = await Promise.all([api.info(signal), api.version(signal)]);
    known = { facts: { info, version }, at: now() };
    return known.facts;
  };
  const read = async (signal: AbortSignal): Promise<EngineFacts> => {
    if (known !== null && now() - known.at < FRESH_MILLISECONDS) return known.facts;
    flight ??= ask().finally(() => {
      flight = null;
    });
    return await untilAborted(flight, signal, "asking the engine about itself");
  };
  return {
    read,
    name: async (signal) => (known?.facts ?? (await read(signal))).info.Name,
  };
}
