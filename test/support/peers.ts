import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";

/** A Docker engine for the tests, and static busybox binaries for building images. */
export interface EnginePeer {
  /** `unix:///path`, as `DOCKER_HOST` has it. */
  readonly host: string;
  readonly socketPath: string;
  /** Paths of statically linked binaries by OCI architecture; the engine runs both. */
  readonly busybox: { readonly amd64: string; readonly arm64: string };
}

/** The distribution project's registry; each suite starts its own (`real-registry.ts`). */
export interface RegistryPeer {
  readonly binary: string;
  /** Apache's tool that writes bcrypt password files. */
  readonly htpasswdBinary: string;
}

/** An HTTP proxy; each suite starts its own (`tinyproxy.ts`). */
export interface ProxyPeer {
  readonly binary: string;
}

/** The engine's daemon, for suites that start their own engines (`engines.ts`). */
export interface EngineBinaryPeer {
  readonly binary: string;
}

/** Podman, for suites that start its service (`podman.ts`). */
export interface PodmanPeer {
  readonly binary: string;
}

/** cloud-init, which VMs use to read their user data. */
export interface CloudInitPeer {
  /** A Python that can import `cloudinit`. */
  readonly python: string;
}

/** What gives a program a terminal (`pty.ts`). */
export interface TerminalPeer {
  readonly python: string;
}

/** OpenSSH's client. */
export interface SshPeer {
  readonly binary: string;
}

/** A guest for qemu, with Debian's cloud kernel and cloud-init (`guest/virtual-machine.ts`). */
export interface VirtualMachinePeer {
  /** qemu for amd64. */
  readonly binary: string;
  readonly kernel: string;
  readonly disk: string;
  /** busybox of this machine's own architecture, whose `nc` connects the guest. */
  readonly busybox: string;
}

/** A real server that a suite needs, or the reason why it is not available. */
export type Peer<T> =
  | { readonly present: true; readonly value: T }
  | { readonly present: false; readonly reason: string };

export interface Peers {
  readonly engine: Peer<EnginePeer>;
  readonly registry: Peer<RegistryPeer>;
  readonly proxy: Peer<ProxyPeer>;
  readonly engineBinary: Peer<EngineBinaryPeer>;
  readonly podman: Peer<PodmanPeer>;
  readonly cloudInit: Peer<CloudInitPeer>;
  readonly terminal: Peer<TerminalPeer>;
  readonly ssh: Peer<SshPeer>;
  readonly virtualMachine: Peer<VirtualMachinePeer>;
  /** cloud-init that boots guests in namespaces. */
  readonly guests: Peer<CloudInitPeer>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The Python for which `scripts/peers.sh` installs packages: one that a developer has put first in `PATH` may start slowly. */
const SYSTEM_PYTHON = "/usr/bin/python3";

const SYSTEM_SSH = "/usr/bin/ssh";

const REMEDY = "run `scripts/peers.sh install` and `scripts/peers.sh start` as root";

/**
 * The available real servers: those that `SLIPWAY_TEST_*` names, or else those that `scripts/peers.sh start` left in its
 * folder. `isRoot`, because only root can start engines.
 */
export function findPeers(environment: Environment, isRoot: boolean): Peers {
  const folder = environment["SLIPWAY_PEERS_DIR"] ?? "/tmp/slipway-peers";
  const named = { ...runningPeers(folder), ...environment };
  return {
    engine: peer(() => {
      const socketPath = engineSocket(named);
      const amd64 = executable(named, "SLIPWAY_TEST_BUSYBOX_AMD64");
      const arm64 = executable(named, "SLIPWAY_TEST_BUSYBOX_ARM64");
      return { host: `unix://${socketPath}`, socketPath, busybox: { amd64, arm64 } };
    }),
    registry: peer(() => ({
      binary: executable(named, "SLIPWAY_TEST_REGISTRY_BINARY"),
      htpasswdBinary: executable(named, "SLIPWAY_TEST_HTPASSWD_BINARY"),
    })),
    proxy: peer(() => ({ binary: executable(named, "SLIPWAY_TEST_TINYPROXY_BINARY") })),
    engineBinary: peer(() => {
      if (!isRoot) throw new Error("only root can start engines");
      return { binary: executable(named, "SLIPWAY_TEST_DOCKERD_BINARY") };
    }),
    podman: peer(() => {
      if (!isRoot) throw new Error("only root can start Podman's service for all users");
      return { binary: executable(named, "SLIPWAY_TEST_PODMAN_BINARY") };
    }),
    cloudInit: peer(() => ({ python: executable(named, "SLIPWAY_TEST_CLOUD_INIT_PYTHON") })),
    terminal: peer(() => {
      const python = named["SLIPWAY_TEST_PYTHON"] ?? SYSTEM_PYTHON;
      accessSync(python, constants.X_OK);
      return { python };
    }),
    ssh: peer(() => {
      const binary = named["SLIPWAY_TEST_SSH_BINARY"] ?? SYSTEM_SSH;
      accessSync(binary, constants.X_OK);
      return { binary };
    }),
    virtualMachine: peer(() => ({
      binary: executable(named, "SLIPWAY_TEST_QEMU_BINARY"),
      kernel: fileIn(named, "SLIPWAY_TEST_GUEST", "vmlinuz"),
      disk: fileIn(named, "SLIPWAY_TEST_GUEST", "disk.img"),
      busybox: executable(
        named,
        process.arch === "arm64" ? "SLIPWAY_TEST_BUSYBOX_ARM64" : "SLIPWAY_TEST_BUSYBOX_AMD64",
      ),
    })),
    guests: peer(() => {
      if (!isRoot) throw new Error("only root can boot guests in namespaces");
      return { python: executable(named, "SLIPWAY_TEST_CLOUD_INIT_PYTHON") };
    }),
  };
}

function peersOfThisRun(): Peers {
  return findPeers(process.env, process.getuid?.() === 0);
}

/** A suite that needs the engine. */
export function describeWithEngine(name: string, define: (engine: EnginePeer) => void): void {
  describeWith(name, peersOfThisRun().engine, define);
}

/** A suite that needs the registry. */
export function describeWithRegistry(name: string, define: (registry: RegistryPeer) => void): void {
  describeWith(name, peersOfThisRun().registry, define);
}

/** A suite that needs a proxy. */
export function describeWithProxy(name: string, define: (proxy: ProxyPeer) => void): void {
  describeWith(name, peersOfThisRun().proxy, define);
}

/** A suite that needs the engine and the registry. */
export function describeWithEngineAndRegistry(
  name: string,
  define: (engine: EnginePeer, registry: RegistryPeer) => void,
): void {
  const { engine, registry } = peersOfThisRun();
  describeWith(name, both(engine, registry), ([first, second]) => define(first, second));
}

/** A suite that starts its own engines. */
export function describeWithOwnEngines(
  name: string,
  define: (engineBinary: EngineBinaryPeer) => void,
): void {
  describeWith(name, peersOfThisRun().engineBinary, define);
}

/** A suite that starts Podman's service. */
export function describeWithPodman(name: string, define: (podman: PodmanPeer) => void): void {
  describeWith(name, peersOfThisRun().podman, define);
}

/** A suite that needs cloud-init. */
export function describeWithCloudInit(
  name: string,
  define: (cloudInit: CloudInitPeer) => void,
): void {
  describeWith(name, peersOfThisRun().cloudInit, define);
}

/** A suite that runs programs on terminals. */
export function describeWithTerminal(name: string, define: (terminal: TerminalPeer) => void): void {
  describeWith(name, peersOfThisRun().terminal, define);
}

/** A suite that needs OpenSSH's client. */
export function describeWithSsh(name: string, define: (ssh: SshPeer) => void): void {
  describeWith(name, peersOfThisRun().ssh, define);
}

/** A suite that boots guests by cloud-init (`guest/guest.ts`). */
export function describeWithGuests(name: string, define: (cloudInit: CloudInitPeer) => void): void {
  describeWith(name, peersOfThisRun().guests, define);
}

/** A suite that boots a virtual machine. */
export function describeWithVirtualMachine(
  name: string,
  define: (virtualMachine: VirtualMachinePeer) => void,
): void {
  describeWith(name, peersOfThisRun().virtualMachine, define);
}

/** What to do with a suite whose peer is missing: skip it on a developer's machine, fail it if `CI` is set. */
export function verdictWithoutPeer(environment: Environment): "fail" | "skip" {
  const ci = environment["CI"] ?? "";
  return ci === "" || ci === "false" || ci === "0" ? "skip" : "fail";
}

function describeWith<T>(name: string, needed: Peer<T>, define: (value: T) => void): void {
  const isSkipped = !needed.present && verdictWithoutPeer(process.env) === "skip";
  const why = isSkipped ? ` (not run: ${needed.reason})` : "";
  describe.skipIf(isSkipped)(`${name}${why}`, () => {
    if (needed.present) {
      define(needed.value);
    } else {
      it("has the servers it needs", () => {
        expect.fail(`With CI set, a missing server is a failure: ${needed.reason}`);
      });
    }
  });
}

function both<A, B>(first: Peer<A>, second: Peer<B>): Peer<readonly [A, B]> {
  if (!first.present) return first;
  return second.present ? { present: true, value: [first.value, second.value] } : second;
}

function peer<T>(find: () => T): Peer<T> {
  try {
    return { present: true, value: find() };
  } catch (error) {
    return { present: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function engineSocket(named: Environment): string {
  const host = required(named, "SLIPWAY_TEST_DOCKER_HOST");
  if (!host.startsWith("unix:///")) {
    throw new Error(`SLIPWAY_TEST_DOCKER_HOST must be unix:///path, not ${host}`);
  }
  const path = host.slice("unix://".length);
  accessSync(path, constants.R_OK | constants.W_OK);
  return path;
}

function fileIn(named: Environment, variable: string, name: string): string {
  const path = join(required(named, variable), name);
  accessSync(path, constants.R_OK);
  return path;
}

function executable(named: Environment, variable: string): string {
  const path = required(named, variable);
  accessSync(path, constants.X_OK);
  return path;
}

function required(named: Environment, variable: string): string {
  const value = named[variable];
  if (value === undefined || value === "") throw new Error(`${variable} is not set; ${REMEDY}`);
  return value;
}

/** The variables that `scripts/peers.sh start` left; none if its engine is not running any more. */
function runningPeers(folder: string): Environment {
  const pid = readIfThere(join(folder, "docker.pid"))?.trim();
  // The pid of an engine that was killed may have been reused by another program.
  const command = readIfThere(`/proc/${pid ?? ""}/cmdline`) ?? "";
  if (!command.includes(`unix://${folder}/docker.sock`)) return {};
  const lines = readIfThere(join(folder, "env"))?.split("\n") ?? [];
  return Object.fromEntries(lines.flatMap((line) => variableOf(line)));
}

function variableOf(line: string): [string, string][] {
  const [, name, value] = /^export (SLIPWAY_TEST_\w+)=(\S+)$/.exec(line) ?? [];
  return name === undefined || value === undefined ? [] : [[name, value]];
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
