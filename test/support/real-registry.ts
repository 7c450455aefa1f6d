import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type RegistryRequest, createAccessLog } from "./access-log.ts";
import type { RegistryPeer } from "./peers.ts";
import { startServerProcess } from "./server-process.ts";

export type { RegistryRequest } from "./access-log.ts";

export type RegistryAuthentication =
  | { readonly kind: "none" }
  /** Basic authentication: passwords by user name. */
  | { readonly kind: "htpasswd"; readonly users: Readonly<Record<string, string>> }
  /** The `Bearer` challenge: tokens of `issuer` for `service`, signed with the certificate's key. */
  | {
      readonly kind: "token";
      /** URL of the token server. */
      readonly realm: string;
      readonly service: string;
      readonly issuer: string;
      /** PEM file. */
      readonly certificatePath: string;
    };

export interface RealRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`; plain HTTP. */
  readonly host: string;
  /** Every request so far, in the order of the answers. */
  requests(): Promise<readonly RegistryRequest[]>;
  /** The file with the bytes of a blob or manifest, for tests that damage it. */
  contentFile(digest: string): string;
  stop(): Promise<void>;
}

/** The `Authorization` header of Basic authentication. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Starts an empty registry on a free port of 127.0.0.1, with its files in a temporary folder. */
export async function startRealRegistry(
  peer: RegistryPeer,
  authentication: RegistryAuthentication,
): Promise<RealRegistry> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-registry-"));
  try {
    const auth = await authenticationSection(peer, authentication, folder);
    const configuration = join(folder, "config.json");
    await writeFile(configuration, JSON.stringify(registryConfiguration(folder, auth)));
    return await startProcess(peer.binary, configuration, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function authenticationSection(
  peer: RegistryPeer,
  authentication: RegistryAuthentication,
  folder: string,
): Promise<object> {
  switch (authentication.kind) {
    case "none":
      return {};
    case "htpasswd": {
      const path = join(folder, "htpasswd");
      await writePasswords(peer.htpasswdBinary, path, authentication.users);
      return { auth: { htpasswd: { realm: "slipway tests", path } } };
    }
    case "token": {
      const { realm, service, issuer, certificatePath } = authentication;
      return { auth: { token: { realm, service, issuer, rootcertbundle: certificatePath } } };
    }
  }
}

async function writePasswords(
  binary: string,
  path: string,
  users: Readonly<Record<string, string>>,
): Promise<void> {
  await writeFile(path, "", { mode: 0o600 });
  for (const [user, password] of Object.entries(users)) {
    // On standard input, so that the password does not appear in the process list. Cost 4 is bcrypt's minimum.
    const adding = promisify(execFile)(binary, ["-i", "-B", "-C", "4", path, user]);
    adding.child.stdin?.end(password);
    await adding;
  }
}

/** JSON is valid YAML, which the registry reads. */
function registryConfiguration(folder: string, auth: object): object {
  return {
    version: "0.1",
    log: { level: "info", formatter: "json", accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: join(folder, "content") },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: "127.0.0.1:0", secret: randomUUID() },
    ...auth,
  };
}

async function startProcess(
  binary: string,
  configuration: string,
  folder: string,
): Promise<RealRegistry> {
  const log = createAccessLog();
  const server = await startServerProcess({
    command: binary,
    arguments: ["serve", configuration],
    ready: /"listening on (127\.0\.0\.1:\d+)"/,
    onOutput: (line) => log.add(line),
  });
  const host = server.ready[1] ?? "";
  const stop = async (): Promise<void> => {
    await server.end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  };
  return {
    host,
    requests: () => log.read(host),
    contentFile: (digest) => contentFile(folder, digest),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The path of this digest in the registry's filesystem driver. */
function contentFile(folder: string, digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  const blobs = join(folder, "content", "docker", "registry", "v2", "blobs");
  return join(blobs, algorithm, hex.slice(0, 2), hex, "data");
}
