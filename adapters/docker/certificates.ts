import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const SYSTEM_FOLDER = "/etc/docker/certs.d";
/** A host with its port, as Docker names the folders; neither `.` nor `..`. */
const HOST = /^[A-Za-z0-9[][A-Za-z0-9.:_[\]-]*$/;
const LARGEST_CERTIFICATES = 1024 * 1024;

/**
 * The certificate authorities that Docker trusts for a registry: the `.crt` files of its folder below `certs.d`, the
 * system's and, for an engine without root, the user's. Null where there are none.
 */
export async function readCertificateAuthorities(
  home: string,
  host: string,
): Promise<string | null> {
  if (!HOST.test(host)) return null;
  const folders = [SYSTEM_FOLDER, join(home, ".config", "docker", "certs.d")];
  const found = await Promise.all(folders.map((folder) => certificatesIn(join(folder, host))));
  const certificates = found.flat().join("\n");
  if (certificates.length > LARGEST_CERTIFICATES) return null;
  return certificates === "" ? null : certificates;
}

async function certificatesIn(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  return await Promise.all(
    names
      .filter((name) => name.endsWith(".crt"))
      .toSorted()
      .map((name) => readFile(join(folder, name), "utf8")),
  );
}

/** Nothing for a folder that is not there, which is so for nearly every registry, or not ours to read. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (caught) {
    if (caught instanceof Error && "code" in caught) return [];
    throw caught;
  }
}
