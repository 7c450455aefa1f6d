import { CONNECT_TIMEOUT } from "../../async/connect-timeout.ts";
import { readTlsFailure } from "../../host/tls-error.ts";
import { NO_ALTERNATIVE_NAME } from "./server-identity.ts";

/** The cause of a failed request, determined by the error's code and never by its message. */
export type NetworkFailure =
  | { readonly kind: "certificate"; readonly why: string; readonly mend: CertificateMend }
  | { readonly kind: "plain-http"; readonly why: string }
  | { readonly kind: "protocol"; readonly why: string }
  | {
      readonly kind: "unreachable";
      readonly why: string;
      /** The system's error: `ECONNREFUSED`. */
      readonly code: string;
      readonly transient: boolean;
      /** False only if no connection was established. */
      readonly sent: boolean;
    };

/**
 * The missing part of TLS: another certificate of the registry, whichever authorities are trusted (`replace`); trust in
 * its authority (`trust`); a certificate of the client (`present`); or something that OpenSSL's words name, such as a
 * version that both sides speak (`settings`).
 */
export type CertificateMend = "replace" | "trust" | "present" | "settings";

/** Codes of OpenSSL and Node for an untrusted certificate. */
const CERTIFICATE_CODES: ReadonlyMap<string, string> = new Map([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "its certificate is signed by an unknown authority"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its certificate is signed by an unknown authority"],
  ["UNABLE_TO_GET_ISSUER_CERT", "its certificate is signed by an unknown authority"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "its certificate is signed by an unknown authority"],
  ["CERT_HAS_EXPIRED", "its certificate has expired, or this machine's clock is ahead"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet, or this machine's clock is behind"],
  ["CERT_REVOKED", "its certificate is revoked"],
  ["CERT_UNTRUSTED", "its certificate is not trusted"],
  ["CERT_REJECTED", "its certificate is rejected"],
  ["CERT_SIGNATURE_FAILURE", "its certificate has a wrong signature"],
  ["HOSTNAME_MISMATCH", "its certificate is for another name"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name"],
  [
    NO_ALTERNATIVE_NAME,
    "its certificate has a Common Name but no subject alternative name, which Docker's engine requires",
  ],
  ["INVALID_CA", "a certificate of its chain may not sign others"],
  ["INVALID_PURPOSE", "its certificate is not for a server"],
  ["PATH_LENGTH_EXCEEDED", "its chain of certificates is longer than an authority allows"],
  ["CERT_CHAIN_TOO_LONG", "its chain of certificates is too long"],
]);

/** Codes for a certificate that no trusted authority makes valid. */
const REPLACE: ReadonlySet<string> = new Set([
  NO_ALTERNATIVE_NAME,
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "CERT_CHAIN_TOO_LONG",
]);

/** The alert of TLS 1.3 from a server that demands a certificate of the client. */
const CLIENT_CERTIFICATE_REQUIRED = "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED";

/** Node's code for the reasons of OpenSSL that it does not list, such as a signature by SHA-1. */
const OTHER_CERTIFICATE_FAULT = "UNSPECIFIED";

const NETWORK_CODES: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "the connection was refused"],
  ["ECONNRESET", "the connection was reset"],
  ["EPIPE", "the connection was reset"],
  ["ECONNABORTED", "the connection was reset"],
  ["ETIMEDOUT", "no answer came in time"],
  ["EHOSTUNREACH", "there is no route to it"],
  ["ENETUNREACH", "there is no route to it"],
  ["EAI_AGAIN", "its name cannot be resolved at the moment"],
  ["EADDRNOTAVAIL", "its address cannot be used"],
  [CONNECT_TIMEOUT, "no connection was established in time"],
]);

/** Codes of connections that were never established. */
const UNCONNECTED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "EADDRNOTAVAIL",
  CONNECT_TIMEOUT,
]);

/** After one full timeout, two more would take too long: no retry. */
const TIMEOUTS: ReadonlySet<string> = new Set(["ETIMEDOUT", CONNECT_TIMEOUT]);

/** Node's code if the server's first bytes are not TLS: it speaks plain HTTP. */
const NOT_TLS: ReadonlySet<string> = new Set([
  "EPROTO",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_HTTP_REQUEST",
]);

/** Classifies a connection's error. Null for any other error: a defect must not be reported as a network failure. */
export function classifyNetworkFailure(error: unknown): NetworkFailure | null {
  const code = codeOf(error);
  if (code === "") return null;
  const certificate = CERTIFICATE_CODES.get(code);
  if (certificate !== undefined)
    return {
      kind: "certificate",
      why: certificate,
      mend: REPLACE.has(code) ? "replace" : "trust",
    };
  if (code === CLIENT_CERTIFICATE_REQUIRED)
    return { kind: "certificate", why: "it demands a client certificate", mend: "present" };
  if (code === OTHER_CERTIFICATE_FAULT)
    return { kind: "certificate", why: `TLS failed (${messageOf(error)})`, mend: "replace" };
  const handshake = code === "EPROTO" && error instanceof Error ? readTlsFailure(error) : null;
  if (handshake?.kind === "client-certificate")
    return { kind: "certificate", why: "it demands a client certificate", mend: "present" };
  if (handshake?.kind === "other")
    return { kind: "certificate", why: `TLS failed (${handshake.words})`, mend: "settings" };
  if (NOT_TLS.has(code)) return { kind: "plain-http", why: "it does not speak TLS" };
  if (/^(?:ERR_TLS_|CERT_|CRL_)/.test(code))
    return { kind: "certificate", why: `TLS failed (${code})`, mend: "trust" };
  if (/^(?:ERR_SSL_|ERR_OSSL_)/.test(code))
    return { kind: "certificate", why: `TLS failed (${code})`, mend: "settings" };
  if (code === "UNEXPECTED_STATUS")
    return { kind: "protocol", why: "it ended the exchange with an HTTP status below 200" };
  if (code.startsWith("Z_"))
    return { kind: "protocol", why: `its Content-Encoding does not match its content (${code})` };
  if (code.startsWith("HPE_")) return { kind: "protocol", why: `it does not speak HTTP (${code})` };
  if (code === "ENOTFOUND")
    return unreachable(code, "its name cannot be resolved", { transient: false, sent: false });
  const why = NETWORK_CODES.get(code) ?? "the connection failed";
  const [transient, sent] = [!TIMEOUTS.has(code), !UNCONNECTED.has(code)];
  return unreachable(code, why, { transient, sent });
}

function unreachable(
  code: string,
  why: string,
  how: { readonly transient: boolean; readonly sent: boolean },
): NetworkFailure {
  return { kind: "unreachable", why, code, ...how };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

/** The code of an error, or of the first of several: a name with several addresses fails with one error for each. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors.at(0));
  return "";
}
