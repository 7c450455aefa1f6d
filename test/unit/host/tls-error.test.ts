import { expect, it } from "vitest";
import { readTlsFailure } from "../../../src/host/tls-error.ts";

/** As Node 24 words it. */
function eproto(code: string, words: string): Error {
  return new Error(
    `write EPROTO 40ADA9DB9B7F0000:error:${code}:SSL routines:ssl3_read_bytes:${words}:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:918:SSL alert number 70\n`,
  );
}

it.each([
  ["0A00010B", "wrong version number", "not-tls"],
  ["0A0000C6", "packet length too long", "not-tls"],
  ["0A00009C", "http request", "not-tls"],
  ["0A000412", "ssl/tls alert bad certificate", "client-certificate"],
  ["0A00045C", "tlsv13 alert certificate required", "client-certificate"],
  ["0A00042E", "tlsv1 alert protocol version", "other"],
  ["0A000410", "ssl/tls alert handshake failure", "other"],
])("OpenSSL's error %s (%s) decides", (code, words, kind) => {
  expect(readTlsFailure(eproto(code, words))).toEqual({ kind, words });
  // The words decide nothing.
  expect(readTlsFailure(eproto(code, "anything"))).toMatchObject({ kind });
});

it.each(["write EPROTO", "wrong version number", ":error:0480006C:PEM routines::no start line:x"])(
  "an error without one of TLS is not read: %s",
  (message) => {
    expect(readTlsFailure(new Error(message))).toBeNull();
  },
);
