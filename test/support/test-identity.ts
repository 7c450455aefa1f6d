import { generateKeyPairSync } from "node:crypto";
import { certificatePem, selfSignedCertificate } from "../../testing/registry/index.ts";

/** A new key with its self-signed certificate for these names, in PEM. */
export function testIdentity(names: readonly string[], now = Date.now(), commonName = "test") {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = selfSignedCertificate({ privateKey, commonName, names, now });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { key, cert: certificatePem(certificate) };
}
