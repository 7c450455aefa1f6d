import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { endContainerdOf, endProcessesOf, unmountBelow } from "./engine-leftovers.ts";
import type { EngineBinaryPeer } from "./peers.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

/**
 * A separate engine for one test, to be filled up or killed. It shares this machine's network: it reaches a registry on
 * 127.0.0.1, and its published ports are reachable there.
 */
export interface OwnEngine extends AsyncDisposable {
  /** `unix:///path`, as `DOCKER_HOST` has it. */
  readonly host: string;
  readonly socketPath: string;
  /** Kills with SIGKILL: connections break at once, containers keep running, nothing is cleaned up. */
  kill(): Promise<void>;
  /** Starts it again after {@link OwnEngine.kill}, on the same data. */
  restart(): Promise<void>;
  /** Stops the engine and its containers, and removes all their files. */
  stop(): Promise<void>;
}

export interface OwnEngineOptions {
  /**
   * Size of the disk for images and containers, in bytes (a tmpfs); an empty engine uses some 200 KiB. Default: the
   * machine's disk.
   */
  readonly diskBytes?: number;
  /** The engine's `daemon.json`. Default: empty. */
  readonly configuration?: object;
  /** Variables of the engine's process. Default: those of the test. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The number that keeps the engines of one machine separate; it is part of every name and address. */
interface Place {
  readonly bridge: string;
  readonly folder: string;
  readonly number: number;
}

const run = promisify(execFile);
const ENGINES_AT_ONCE = 200;

/** Starts an engine and waits until it answers. Needs root. */
export async function startOwnEngine(
  peer: EngineBinaryPeer,
  options: OwnEngineOptions = {},
): Promise<OwnEngine> {
  const place = await claimPlace();
  try {
    await prepareFolder(place, options);
    const start = () => startDaemon(place, peer, options.environment ?? {});
    return ownEngine(place, start, await start());
  } catch (error) {
    await release(place);
    throw error;
  }
}

function ownEngine(
  place: Place,
  start: () => Promise<ServerProcess>,
  started: ServerProcess,
): OwnEngine {
  let daemon = started;
  const stop = async (): Promise<void> => {
    await daemon.end("SIGKILL");
    await release(place);
  };
  return {
    host: `unix://${socketOf(place)}`,
    socketPath: socketOf(place),
    async kill() {
      await daemon.end("SIGKILL");
      // It dies with its engine, but not at once, and the next engine must not mistake it for its own.
      await endContainerdOf(place.folder);
      await rm(join(place.folder, "exec", "containerd", "containerd.pid"), { force: true });
    },
    async restart() {
      daemon = await start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Creating the bridge claims the number: if two processes try, the kernel rejects one. */
async function claimPlace(): Promise<Place> {
  let refusal: unknown;
  for (let number = 1; number <= ENGINES_AT_ONCE; number += 1) {
    const bridge = `slipway${number}`;
    try {
      await run("ip", ["link", "add", "name", bridge, "type", "bridge"]);
      return { bridge, number, folder: join(tmpdir(), `slipway-engine-${number}`) };
    } catch (error) {
      refusal = error;
    }
  }
  throw new Error("cannot create a bridge for another engine", { cause: refusal });
}

async function prepareFolder(place: Place, options: OwnEngineOptions): Promise<void> {
  await clearFolder(place.folder);
  await mkdir(join(place.folder, "data"), { recursive: true, mode: 0o700 });
  await writeFile(join(place.folder, "daemon.json"), JSON.stringify(options.configuration ?? {}));
  if (options.diskBytes !== undefined) {
    const size = `size=${options.diskBytes}`;
    await run("mount", ["-t", "tmpfs", "-o", size, "tmpfs", join(place.folder, "data")]);
  }
  await run("ip", ["addr", "add", `10.215.${place.number}.1/24`, "dev", place.bridge]);
  await run("ip", ["link", "set", place.bridge, "up"]);
}

/**
 * The bridge needs another name than Docker's own: an engine without a bridge (`--bridge=none`) deletes `docker0` of any
 * engine, and so does one with `--default-address-pool` when it restarts. No iptables, because the rules of two engines
 * destroy each other.
 */
function startDaemon(
  place: Place,
  peer: EngineBinaryPeer,
  environment: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const { folder, bridge, number } = place;
  return startServerProcess({
    command: "env",
    arguments: [
      ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      peer.binary,
      `--host=unix://${socketOf(place)}`,
      "--group=0",
      `--config-file=${folder}/daemon.json`,
      `--data-root=${folder}/data`,
      `--exec-root=${folder}/exec`,
      `--pidfile=${folder}/docker.pid`,
      `--containerd-namespace=slipway-engine-${number}`,
      `--containerd-plugins-namespace=slipway-engine-${number}-plugins`,
      `--bridge=${bridge}`,
      "--iptables=false",
      "--ip6tables=false",
    ],
    ready: /msg="API listen on /,
  });
}

function socketOf(place: Place): string {
  return join(place.folder, "docker.sock");
}

async function release(place: Place): Promise<void> {
  await clearFolder(place.folder);
  await run("ip", ["link", "del", place.bridge]);
}

async function clearFolder(folder: string): Promise<void> {
  await endProcessesOf(folder);
  await unmountBelow(folder);
  await rm(folder, { recursive: true, force: true });
}
