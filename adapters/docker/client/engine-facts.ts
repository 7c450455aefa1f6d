import { singleFlight } from "../../../src/async/single-flight.ts";
import type { EngineApi } from "./api.ts";
import type { InfoReply, VersionReply } from "./replies.ts";

/** What an engine reports about itself. */
export interface EngineFacts {
  readonly info: InfoReply;
  readonly version: VersionReply;
}

/** An engine's facts, kept for a minute: a spawn right after its resolution does not ask again. */
export interface EngineFactsReader {
  read(signal: AbortSignal): Promise<EngineFacts>;
  /** The engine's own name for its host, which does not change while the engine runs. */
  name(signal: AbortSignal): Promise<string>;
}

const FRESH_MILLISECONDS = 60_000;

export function createEngineFacts(api: EngineApi, now: () => number): EngineFactsReader {
  const join = singleFlight<EngineFacts>({ milliseconds: FRESH_MILLISECONDS, now });
  let name: string | null = null;

  const ask = async (stop: AbortSignal): Promise<EngineFacts> => {
    const [info, version] = await Promise.all([api.info(stop), api.version(stop)]);
    name = info.Name;
    return { info, version };
  };
  const read = async (signal: AbortSignal): Promise<EngineFacts> =>
    await join({ key: "facts", signal, what: "asking the engine about itself" }, ask);
  return {
    read,
    name: async (signal) => name ?? (await read(signal)).info.Name,
  };
}
