import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { HttpResponse } from "./transport.ts";

/** Thrown if a body exceeds its limit; nothing beyond the limit has been read. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
  readonly limit: number;

  constructor(limit: number) {
    super(`the body is larger than ${limit} bytes`);
    this.limit = limit;
  }
}

/** The announced `Content-Length`, or null. */
function contentLength(response: HttpResponse): number | null {
  const header = response.headers.get("content-length");
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

/**
 * Reads the whole body of a document. A body over the limit is rejected before reading if its length is announced,
 * otherwise as soon as it exceeds the limit.
 *
 * Some proxies compress documents although no request accepts it. As for Go's clients, the document is what was compressed:
 * limits and digests apply to that.
 */
export async function readBody(response: HttpResponse, limit: number): Promise<Uint8Array> {
  if ((contentLength(response) ?? 0) > limit) {
    response.discard();
    throw new BodyTooLargeError(limit);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of decoded(response)) {
    length += chunk.length;
    if (length > limit) throw new BodyTooLargeError(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function decoded(response: HttpResponse): AsyncIterable<Uint8Array> {
  const encoding = response.headers.get("content-encoding")?.trim().toLowerCase();
  // Apache marks compressed layers as x-gzip, which Go does not unpack either.
  if (encoding !== "gzip") return response.body;
  return Readable.from(response.body, { objectMode: false }).compose(createGunzip());
}
