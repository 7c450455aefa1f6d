import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import { readRegularFile, refuseEndlessFile, whyUnreadable } from "../../host/read-file.ts";

/** The engine's folder of certificate authorities by registry (`HOST[:PORT]/*.crt`). */
const SYSTEM_FOLDER = "/etc/docker/certs.d";
/** A registry host that is safe in a path: it has no separator and cannot leave the folder. */
const FOLDER_NAME = /^(?!\.+$)[A-Za-z0-9.\-:[\]]{1,255}$/;
const LARGEST_CERTIFICATE = 1024 * 1024;

/**
 * The certificate authorities that Docker trusts for a registry in addition to the system's, as PEM text; null if
 * there are none (https://docs.docker.com/engine/security/certificates/).
 *
 * @throws SlipwayError `CREDENTIAL_INVALID` for an existing file that cannot be read
 */
export async function registryCertificates(
  host: string,
  folders: readonly string[],
): Promise<string | null> {
  if (!FOLDER_NAME.test(host)) return null;
  const found = await Promise.all(folders.map((folder) => certificatesIn(join(folder, host))));
  return found.every((certificates) => certificates.length === 0) ? null : found.flat().join("\n");
}

/** The system's folder, and the user's for a rootless engine. */
function certificateFolders(home: string): readonly string[] {
  return [SYSTEM_FOLDER, join(home, ".config", "docker", "certs.d")];
}

async function certificatesIn(path: string): Promise<readonly string[]> {
  const names = await namesIn(path);
  const files = names.filter((name) => name.endsWith(".crt")).toSorted();
  return await Promise.all(files.map((name) => read(join(path, name))));
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (caught) {
    const code = caught instanceof Error && "code" in caught ? caught.code : null;
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
    reason: "CREDENTIAL_INVALID",
    message: `${path}: the registry's certificate authority cannot be read: ${whyUnreadable(cause)}`,
    remedy: "Make it a file that this user can read, or remove it.",
    metadata: { path },
    cause,
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

/** Finds a registry's certificate authorities in the folders of the user's home and of the machine. */
export function certificatesOf(home: string): (host: string) => Promise<string | null> {
  const folders = certificateFolders(home);
  return (host) => registryCertificates(host, folders);
}
