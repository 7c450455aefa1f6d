import type { IncomingHttpHeaders } from "node:http";
import type { JsonValue } from "../../src/errors.ts";

/** A request whose body has not been read yet. */
export interface Call {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Scheme and authority as sent by the client; absolute locations are built from it. */
  readonly origin: string;
}

/** An answer as data; a fault may still modify it before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The error codes of the distribution specification that this registry uses. */
export type ProtocolErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "TAG_INVALID"
  | "TOOMANYREQUESTS"
  | "UNAUTHORIZED"
  | "UNKNOWN"
  | "UNSUPPORTED";

const EMPTY_BODY = new Uint8Array(0);

export function reply(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array = EMPTY_BODY,
): Reply {
  return { status, headers, body };
}

export function jsonReply(
  status: number,
  document: JsonValue,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = new TextEncoder().encode(JSON.stringify(document));
  return reply(status, { "Content-Type": "application/json; charset=utf-8", ...headers }, body);
}

/** An error answer with the body that the distribution specification defines. */
export function refusal(
  status: number,
  code: ProtocolErrorCode,
  message: string,
  options: {
    readonly detail?: JsonValue;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Reply {
  const { detail = null, headers = {} } = options;
  return jsonReply(status, { errors: [{ code, message, detail }] }, headers);
}
