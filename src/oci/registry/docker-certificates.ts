import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../../errors.ts";

const LARGEST_CERTIFICATE = 1024 * 1024;
const SAFE_HOST = /^[A-Za-z0-9.:[\]-]+$/;

/**
 * Certificate authorities as Docker keeps them for a registry: every `*.crt` in the folder `HOST[:PORT]` of
 * `certs.d`, PEM, together, or null where there are none. Client certificates are not used.
 *
 * @param directory Such as `/etc/docker/certs.d`. It need not exist.
 */
export function dockerCertificates(directory: string): (host: string) => Promise<string | null> {
  return async (host) => {
    if (!SAFE_HOST.test(host) || host === "." || host === "..") return null;
    const folder = join(directory, host);
    try {
      const names = (await readdir(folder)).filter((name) => name.endsWith(".crt")).toSorted();
      const certificates = await Promise.all(
        names.map((name) => readCertificate(join(folder, name))),
      );
      return certificates.length === 0 ? null : certificates.join("\n");
    } catch (caught) {
      const code = caught instanceof Error && "code" in caught ? caught.code : "";
      if (code === "ENOENT" || code === "ENOTDIR") return null;
      throw new SlipwayError({
        code: "FAILED_PRECONDITION",
        reason: "REGISTRY_TLS",
        message: `the certificate authorities of ${host} in ${folder} cannot be read: ${String(code)}`,
        remedy: "Make the folder and its certificates readable.",
        cause: caught,
      });
    }
  };
}

async function readCertificate(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > LARGEST_CERTIFICATE)
    throw Object.assign(new Error(`${path} is too large`), { code: "EFBIG" });
  return readFile(path, "utf8");
}
