import { constants } from "node:os";
import type { EnginePeer } from "./peers.ts";
import { askEngine, fieldOf } from "./engine-client.ts";

/** A container's configuration as its engine reports it, in Docker's notation. */
export interface EngineConfig {
  readonly config: Readonly<Record<string, unknown>>;
  /** False for Podman, which reports no health check to Docker's clients, and runs none of an OCI image. */
  readonly hasHealthchecks: boolean;
}

/** Podman reports a signal by its number, and volumes only among the mounts. */
export async function engineConfig(
  engine: Pick<EnginePeer, "socketPath">,
  id: string,
): Promise<EngineConfig> {
  const { body: version } = await askEngine(engine, "GET", "/version");
  const { body } = await askEngine(engine, "GET", `/containers/${id}/json`);
  const config = Object(fieldOf(body, "Config"));
  const isPodman = JSON.stringify(fieldOf(version, "Components")).includes("Podman Engine");
  if (!isPodman) return { config, hasHealthchecks: true };
  const mounts = Object.values(Object(fieldOf(body, "Mounts")));
  const volumes = mounts.filter((mount) => fieldOf(mount, "Type") === "volume");
  return {
    hasHealthchecks: false,
    config: {
      ...config,
      StopSignal: signalName(config.StopSignal),
      Volumes: Object.fromEntries(volumes.map((mount) => [fieldOf(mount, "Destination"), {}])),
    },
  };
}

function signalName(number: unknown): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => String(value) === number)?.[0];
}
