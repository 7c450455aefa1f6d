/** The cause of a failed TLS handshake: the server speaks no TLS, wants a certificate of the client, or anything else. */
export interface TlsFailure {
  readonly kind: "not-tls" | "client-certificate" | "other";
  /** OpenSSL's words, such as `tlsv1 alert protocol version`. */
  readonly words: string;
}

/** `write EPROTO 40AD…:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:…` */
const OPENSSL_ERROR = /:error:0A([0-9A-F]{6}):[^:]*:[^:]*:([^:\n]*)/;

/** OpenSSL's reasons, in its header files `sslerr.h` and `prov_ssl.h`. */
const NOT_TLS: ReadonlySet<number> = new Set([
  // http request, packet length too long, wrong version number
  0x9c, 0xc6, 0x10b,
]);
const CLIENT_CERTIFICATE: ReadonlySet<number> = new Set([
  // bad certificate, certificate required
  0x412, 0x45c,
]);

/**
 * Reads the OpenSSL error that Node hides behind the code `EPROTO`, which stands for every handshake that fails while the
 * first request is written. It is decided by OpenSSL's own code. Null for an error without one.
 */
export function readTlsFailure(error: Error): TlsFailure | null {
  const [, code, words] = OPENSSL_ERROR.exec(error.message) ?? [];
  if (code === undefined || words === undefined) return null;
  const reason = Number.parseInt(code, 16);
  if (NOT_TLS.has(reason)) return { kind: "not-tls", words };
  return { kind: CLIENT_CERTIFICATE.has(reason) ? "client-certificate" : "other", words };
}
