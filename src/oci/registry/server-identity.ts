import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { PeerCertificate } from "node:tls";

/** The code of the error for a certificate that has only a Common Name. */
export const NO_ALTERNATIVE_NAME = "NO_ALTERNATIVE_NAME";

const AS_GO = { subject: "never", partialWildcards: false } as const;

/**
 * Checks a server's certificate for its name as Go does, because the engine, which pulls the image, is written in Go.
 * Unlike Node, Go never reads the Common Name (since 1.15, golang/go#39568), and a wildcard must be a whole label.
 *
 * @returns undefined if the certificate is for this name or address
 */
export function checkServerIdentity(host: string, { raw }: PeerCertificate): Error | undefined {
  const certificate = new X509Certificate(raw);
  const matched = isIP(host) === 0 ? certificate.checkHost(host, AS_GO) : certificate.checkIP(host);
  if (matched !== undefined) return undefined;
  const names = certificate.subjectAltName;
  const code = names === undefined ? NO_ALTERNATIVE_NAME : "ERR_TLS_CERT_ALTNAME_INVALID";
  return Object.assign(new Error(`the certificate is not for ${host}: ${names ?? "no names"}`), {
    code,
  });
}
