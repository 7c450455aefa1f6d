import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unmountBelow } from "./engine-leftovers.ts";
import type { PodmanPeer } from "./peers.ts";
import { startServerProcess } from "./server-process.ts";

/** A Podman service for one test, with its own images, containers and network. */
export interface PodmanEngine extends AsyncDisposable {
  /** `unix:///path`, as `DOCKER_HOST` has it. */
  readonly host: string;
  readonly socketPath: string;
}

/** Not Podman's own 10.88.0.0/16, nor a network of the other engines that the tests start. */
const SUBNET = "10.216.0.0/24";

/**
 * runc, because crun refuses hosts that mount both versions of cgroups; cgroupfs, because systemd may be missing. Podman
 * raises its containers' limits of files and processes, which a host without CAP_SYS_RESOURCE refuses.
 */
const CONFIGURATION = `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
default_subnet = "${SUBNET}"
`;

/** Podman speaks TLS to a registry on 127.0.0.1 unless its configuration calls the registry insecure. */
const REGISTRIES = '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n';

/** Starts the service and waits until it answers. Needs root. */
export async function startPodman(peer: PodmanPeer): Promise<PodmanEngine> {
  // Short, because Podman limits the path of its runroot to 50 characters.
  const folder = await mkdtemp(join(tmpdir(), "podman-"));
  const socketPath = join(folder, "podman.sock");
  const command = await podmanCommand(folder, peer);
  const clear = async () => {
    await unmountBelow(folder);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const server = await startServerProcess({
      command: "env",
      arguments: [
        ...command,
        "--log-level=info",
        "system",
        "service",
        "--time=0",
        `unix://${socketPath}`,
      ],
      ready: /API service listening on/,
    });
    return {
      host: `unix://${socketPath}`,
      socketPath,
      async [Symbol.asyncDispose]() {
        // Containers outlive the service.
        await promisify(execFile)("env", [...command, "rm", "--all", "--force", "--time=0"]);
        await server.end("SIGKILL");
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** The arguments of `env` that run a podman command on the files below the folder. */
async function podmanCommand(folder: string, { binary }: PodmanPeer): Promise<readonly string[]> {
  const configuration = join(folder, "containers.conf");
  const registries = join(folder, "registries.conf");
  const networks = join(folder, "networks");
  await mkdir(networks);
  await writeFile(configuration, `${CONFIGURATION}network_config_dir = "${networks}"\n`);
  await writeFile(registries, REGISTRIES);
  return [
    `CONTAINERS_CONF=${configuration}`,
    `CONTAINERS_REGISTRIES_CONF=${registries}`,
    binary,
    `--root=${join(folder, "root")}`,
    `--runroot=${join(folder, "run")}`,
    `--tmpdir=${join(folder, "tmp")}`,
    "--storage-driver=vfs",
  ];
}
