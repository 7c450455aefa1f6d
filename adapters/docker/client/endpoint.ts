import { SlipwayError } from "../../../src/errors.ts";
import { quotableAddress } from "../../../src/redaction/address.ts";

/** Keys for mutual TLS, as PEM text. */
export interface EngineTls {
  readonly certificateAuthority: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** False accepts any certificate. */
  readonly verify: boolean;
}

/** Why Docker's configuration was not read. It may name another engine than the default one. */
export interface ConfigurationProblem {
  readonly why: string;
  readonly remedy: string;
}

/** Address of an engine. */
export type EngineEndpoint = EngineAddress & { readonly problem?: ConfigurationProblem | null };

type EngineAddress =
  | { readonly kind: "unix"; readonly address: string; readonly socketPath: string }
  | {
      readonly kind: "tcp";
      readonly address: string;
      readonly host: string;
      readonly port: number;
      /** Prefix of every API path (a proxy's); empty for a plain engine. */
      readonly pathPrefix: string;
      readonly tls: EngineTls | null;
    }
  | {
      readonly kind: "ssh";
      readonly address: string;
      readonly user: string | null;
      readonly host: string;
      readonly port: number | null;
      /** Socket on the remote host; null means its default. */
      readonly socketPath: string | null;
    };

export const DEFAULT_SOCKET = "/var/run/docker.sock";

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;
const LARGEST_PORT = 65_535;

/** Schemes that other Docker clients accept, and what to write here. */
const OTHER_SCHEMES: ReadonlyMap<string, string> = new Map([
  [
    "npipe:",
    "Slipway does not open named pipes of Windows: let the engine listen on tcp://, or run Slipway in WSL.",
  ],
  ["http:", "Write tcp:// in place of http://."],
  [
    "https:",
    "Write tcp:// in place of https://, and set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.",
  ],
  ["fd:", "Only a daemon listens on fd://: name the socket, such as unix:///var/run/docker.sock."],
]);

// These values reach the `ssh` program and a remote shell: only characters that neither interprets are allowed.
const SSH_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;
const SSH_HOST = /^[A-Za-z0-9:][A-Za-z0-9.:%_-]*$/;
const REMOTE_PATH = /^\/[A-Za-z0-9_./-]+$/;

/**
 * Parses an engine's address in the `docker` command's syntax: `unix://PATH`, `tcp://HOST[:PORT][/PREFIX]`,
 * `ssh://[USER@]HOST[:PORT][/PATH]`. `from` names its source for messages; `tls` applies to tcp only.
 *
 * Throws `ENGINE_CONFIGURATION_INVALID`.
 */
export function parseEndpoint(
  address: string,
  from: string,
  tls: EngineTls | null = null,
): EngineEndpoint {
  const fault = (why: string) =>
    configurationInvalid(`${from}: "${quotableAddress(address)}" ${why}`);
  if (address.startsWith("unix://")) {
    const socketPath = address.slice("unix://".length) || DEFAULT_SOCKET;
    if (!socketPath.startsWith("/") || socketPath.includes("\0"))
      throw fault("needs the absolute path of a socket");
    return { kind: "unix", address: `unix://${socketPath}`, socketPath };
  }
  if (address.startsWith("/"))
    throw configurationInvalid(`${from}: "${address}" has no scheme`, {
      remedy: `Write unix://${address} for a socket.`,
    });
  if (!URL.canParse(address)) throw fault("is not a valid engine address");
  const url = new URL(address);
  const remedy = OTHER_SCHEMES.get(url.protocol);
  if (remedy !== undefined)
    throw configurationInvalid(`${from}: "${quotableAddress(address)}" is not supported`, {
      remedy,
    });
  if (url.password !== "" || url.search !== "" || url.hash !== "")
    throw fault("contains more than an address");
  if (url.protocol === "tcp:") return tcpEndpoint(url, tls, fault);
  if (url.protocol === "ssh:") return sshEndpoint(url, fault);
  throw fault("is neither unix://, tcp:// nor ssh://");
}

function tcpEndpoint(
  url: URL,
  tls: EngineTls | null,
  fault: (why: string) => SlipwayError,
): EngineEndpoint {
  if (url.hostname === "") throw fault("does not name a host");
  if (url.username !== "") throw fault("has a user name, which tcp does not support");
  const defaultPort = tls === null ? PLAIN_PORT : TLS_PORT;
  const port = url.port === "" ? defaultPort : Number(url.port);
  if (port < 1 || port > LARGEST_PORT) throw fault("has an invalid port");
  const pathPrefix = url.pathname.replace(/\/$/, "");
  return {
    kind: "tcp",
    address: `tcp://${url.hostname}:${port}${pathPrefix}`,
    host: bareHost(url.hostname),
    port,
    pathPrefix,
    tls,
  };
}

function sshEndpoint(url: URL, fault: (why: string) => SlipwayError): EngineEndpoint {
  const host = bareHost(url.hostname);
  const user = decodeURIComponent(url.username);
  if (!SSH_HOST.test(host)) throw fault("does not name a host that ssh could be given");
  if (user !== "" && !SSH_NAME.test(user))
    throw fault("does not name a user that can be passed to ssh");
  const hasPath = url.pathname !== "" && url.pathname !== "/";
  if (hasPath && !REMOTE_PATH.test(url.pathname)) throw fault("does not name the path of a socket");
  return {
    kind: "ssh",
    address: url.href.replace(/\/$/, ""),
    user: user === "" ? null : user,
    host,
    port: url.port === "" ? null : Number(url.port),
    socketPath: hasPath ? url.pathname : null,
  };
}

/** The engine's host; null for a socket, whose address does not name one. */
export function endpointHost(endpoint: EngineEndpoint): string | null {
  return endpoint.kind === "unix" ? null : endpoint.host;
}

/** Addresses that stand for all of the engine's host. */
const ALL_ADDRESSES: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);

/**
 * The host at which a port that is published on an address of the engine's host is reached from here. A port on the
 * loopback address of another host is reached only there.
 */
export function publishedHost(endpoint: EngineEndpoint, address: string): string {
  if (!ALL_ADDRESSES.has(address)) return address;
  return endpointHost(endpoint) ?? "127.0.0.1";
}

/** The error for Docker settings that do not identify an engine. */
export function configurationInvalid(
  why: string,
  { cause, remedy }: { readonly cause?: unknown; readonly remedy?: string } = {},
): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_CONFIGURATION_INVALID",
    message: why,
    remedy:
      remedy ?? "Correct the placement's host, or DOCKER_HOST, DOCKER_CONTEXT and their files.",
    blastRadius: "zone",
    ...(cause === undefined ? {} : { cause }),
  });
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
