import { singleFlight } from "../../../src/async/single-flight.ts";
import type { EngineApi } from "./api.ts";
import type { InfoReply, VersionReply } from "./replies.ts";

/** The engine's own description. */
export interface EngineFacts {
  readonly info: InfoReply;
  readonly version: VersionReply;
  /** The cgroup controllers that a rootless Podman may use; null for any other engine, whose `/info` says it. */
  readonly controllers: ReadonlySet<string> | null;
}

/** Podman serves Docker's API; its version names itself among the components. */
export function isPodman({ version }: Pick<EngineFacts, "version">): boolean {
  return version.Components?.some(({ Name }) => Name === "Podman Engine") ?? false;
}

export function isRootless({ info }: Pick<EngineFacts, "info">): boolean {
  const options = info.SecurityOptions ?? [];
  return (info.Rootless ?? false) || options.some((option) => option.startsWith("name=rootless"));
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
    // Podman's `/info` describes the whole host, also if its user may not use all of it.
    const isLimited = isPodman({ version }) && isRootless({ info });
    return { info, version, controllers: isLimited ? await api.podmanControllers(stop) : null };
  };
  const read = async (signal: AbortSignal): Promise<EngineFacts> =>
    await join({ key: "facts", signal, what: "asking the engine about itself" }, readEngine);
  return {
    read,
    name: async (signal) => name ?? (await read(signal)).info.Name,
  };
}
