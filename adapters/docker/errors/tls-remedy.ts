import { readTlsFailure } from "../../../src/host/tls-error.ts";
import type { EngineConnectionFailure } from "./engine-failure.ts";

const NOT_TLS =
  "Unset DOCKER_TLS_VERIFY if the engine has no TLS, or name the port on which it has (2376 by default).";
const CLIENT_CERTIFICATE =
  "Put a certificate that the engine accepts and its key (cert.pem, key.pem) into DOCKER_CERT_PATH, or into the Docker context.";
const KEYS =
  "Write the files ca.pem, cert.pem and key.pem of DOCKER_CERT_PATH, or of the Docker context, again: they are not PEM.";
const AUTHORITY =
  "Put the authority of the engine's certificate (ca.pem) into DOCKER_CERT_PATH, or into the Docker context, and name the engine as its certificate does.";
const SETTINGS =
  "Correct the engine's TLS settings, or the files of DOCKER_CERT_PATH: the message says what fails.";

/** Node's codes for a server's certificate that is not trusted, or is for another name. */
const UNTRUSTED =
  /^(?:CERT_|CRL_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_)/;

/** How to correct a connection that failed because of TLS; null if it failed for another reason. */
export function tlsRemedy(failure: EngineConnectionFailure): string | null {
  const { code } = failure;
  if (code === "EPROTO") {
    switch (readTlsFailure(failure)?.kind ?? "not-tls") {
      case "not-tls":
        return NOT_TLS;
      case "client-certificate":
        return CLIENT_CERTIFICATE;
      case "other":
        return SETTINGS;
    }
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return NOT_TLS;
  if (code === "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED") return CLIENT_CERTIFICATE;
  if (code.startsWith("ERR_OSSL_")) return KEYS;
  if (UNTRUSTED.test(code)) return AUTHORITY;
  return code.startsWith("ERR_SSL_") ? SETTINGS : null;
}
