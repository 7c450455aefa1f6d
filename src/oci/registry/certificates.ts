import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import { errorCode } from "../../host/error-code.ts";
import { readRegularFile, refuseEndlessFile, whyUnreadable } from "../../host/read-file.ts";
import { SecretValue } from "../../secret-value.ts";

/** The engine's folder of certificates by registry (`HOST[:PORT]/*.crt`). */
const SYSTEM_FOLDER = "/etc/docker/certs.d";
/** A registry host that is safe in a path: it has no separator and cannot leave the folder. */
const FOLDER_NAME = /^(?!\.+$)[A-Za-z0-9.\-:[\]]{1,255}$/;
const AUTHORITY = ".crt";
const CERTIFICATE = ".cert";
const KEY = ".key";
const LARGEST_CERTIFICATE = 1024 * 1024;

/** The files of Docker's folder for one registry. */
export interface RegistryCertificates {
  /** Additional certificate authorities, as PEM text; null for none. */
  readonly authorities: string | null;
  /** Certificates by which the registry knows its client, with their private keys. */
  readonly client: readonly ClientCertificate[];
}

export interface ClientCertificate {
  /** PEM text. */
  readonly certificate: string;
  readonly key: SecretValue;
}

export const NO_CERTIFICATES: RegistryCertificates = { authorities: null, client: [] };

/**
 * Reads the certificates that Docker uses for a registry beside the system's: authorities (`*.crt`) and client
 * certificates (`*.cert` with the `*.key` of the same name).
 *
 * Docker refuses a registry if it cannot read one of these files, or if half of a pair is missing:
 * https://github.com/moby/moby/blob/master/daemon/pkg/registry/registry.go (loadTLSConfig)
 *
 * @throws SlipwayError `REGISTRY_TLS`
 */
export async function registryCertificates(
  host: string,
  folders: readonly string[],
): Promise<RegistryCertificates> {
  if (!FOLDER_NAME.test(host)) return NO_CERTIFICATES;
  const found = await Promise.all(folders.map((folder) => certificatesIn(join(folder, host))));
  const authorities = found.flatMap((files) => files.authorities);
  return {
    authorities: authorities.length === 0 ? null : authorities.join("\n"),
    client: found.flatMap((files) => files.client),
  };
}

/** The system's folder, and the user's for a rootless engine. */
function certificateFolders(home: string): readonly string[] {
  return [SYSTEM_FOLDER, join(home, ".config", "docker", "certs.d")];
}

async function certificatesIn(path: string) {
  const names = await namesIn(path);
  const ending = (end: string) => names.filter((name) => name.endsWith(end)).toSorted();
  const pairs = ending(CERTIFICATE).map((name) => name.slice(0, -CERTIFICATE.length));
  const keys = ending(KEY).map((name) => name.slice(0, -KEY.length));
  for (const name of pairs)
    if (!keys.includes(name)) throw halfPair(join(path, `${name}${CERTIFICATE}`), `${name}${KEY}`);
  for (const name of keys)
    if (!pairs.includes(name)) throw halfPair(join(path, `${name}${KEY}`), `${name}${CERTIFICATE}`);
  return {
    authorities: await Promise.all(ending(AUTHORITY).map((name) => read(join(path, name)))),
    client: await Promise.all(
      pairs.map(async (name) => ({
        certificate: await read(join(path, `${name}${CERTIFICATE}`)),
        key: new SecretValue(await read(join(path, `${name}${KEY}`))),
      })),
    ),
  };
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (caught) {
    const code = errorCode(caught);
    // Only the engine may be allowed to read the system's folder; its certificate authorities are then unknown to
    // Slipway.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return [];
    throw unreadable(path, caught);
  }
}

async function read(path: string): Promise<string> {
  try {
    return (await readRegularFile(path, LARGEST_CERTIFICATE)).toString("utf8");
  } catch (caught) {
    throw unreadable(path, caught);
  }
}

function unreadable(path: string, cause: unknown): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "REGISTRY_TLS",
    message: `${path} cannot be read: ${whyUnreadable(cause)}; Docker refuses a registry whose certificates it cannot read`,
    remedy:
      "Let this user read the file, or run Slipway as a user who may, such as the engine's. If the registry needs no such file, remove it.",
    metadata: { path },
    cause,
  });
}

function halfPair(path: string, missing: string): SlipwayError {
  const isKey = missing.endsWith(KEY);
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "REGISTRY_TLS",
    message: `${path}: there is no ${missing} beside it; Docker refuses a registry whose client ${isKey ? "certificate has no key" : "key has no certificate"}`,
    remedy: isKey
      ? "Add the key. If the file is a certificate authority, its name must end in .crt."
      : "Add the certificate, or remove the key.",
    metadata: { path },
  });
}

/**
 * Rejects a file of certificate authorities that would block Node, uninterruptibly, during its first TLS connection.
 * Node itself warns about a file that does not exist.
 *
 * @param path value of `NODE_EXTRA_CA_CERTS`
 * @throws SlipwayError `CREDENTIAL_INVALID`
 */
export async function checkExtraCertificates(path: string | undefined): Promise<void> {
  if (path === undefined || path === "") return;
  try {
    await refuseEndlessFile(path);
  } catch (caught) {
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CREDENTIAL_INVALID",
      message: `NODE_EXTRA_CA_CERTS ${path} cannot be read: ${whyUnreadable(caught)}`,
      remedy: "Name a file of certificate authorities, or unset the variable.",
      metadata: { path },
      cause: caught,
    });
  }
}

/** Finds a registry's certificates in the folders of the user's home and of the machine. */
export function certificatesOf(home: string): (host: string) => Promise<RegistryCertificates> {
  const folders = certificateFolders(home);
  return (host) => registryCertificates(host, folders);
}
