import { singleFlight } from "../../../src/async/single-flight.ts";
import type { EngineApi } from "./api.ts";
import type { InfoReply, VersionReply } from "./replies.ts";

/** The engine's own description. */
export interface EngineFacts {
  readonly info: InfoReply;
  readonly version: VersionReply;
}

/** An engine's facts, cached for a minute, so that a spawn right after its resolution needs no second read. */
export interface EngineFactsReader {
  read(signal: AbortSignal): Promise<EngineFacts>;
  /** The engine's name for its host, which is constant while the engine runs. */
  name(signal: AbortSignal): Promise<string>;
}

const FRESH_MILLISECONDS = 60_000;

export function createEngineFacts(api: EngineApi, now: () => number): EngineFactsReader {
  const join = singleFlight<EngineFacts>({ milliseconds: FRESH_MILLISECONDS, now });
  let name: string | null = null;

  const readEngine = async (stop: AbortSignal): Promise<EngineFacts> => {
    const [info, version] = await Promise.all([api.info(stop), api.version(stop)]);
    name = info.Name;
    return { info, version };
  };
  const read = async (signal: AbortSignal): Promise<EngineFacts> =>
    await join({ key: "facts", signal, what: "asking the engine about itself" }, readEngine);
  return {
    read,
    name: async (signal) => name ?? (await read(signal)).info.Name,
  };
}
