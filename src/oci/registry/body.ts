import type { HttpResponse } from "./transport.ts";

/** Thrown where a body is larger than it may be; nothing beyond the limit has been read. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
  readonly limit: number;

  constructor(limit: number) {
    super(`the body is larger than ${limit} bytes`);
    this.limit = limit;
  }
}

/** The length that the header announces, or null. */
function contentLength(response: HttpResponse): number | null {
  const header = response.headers.get("content-length");
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

/**
 * The whole body. A longer one than the limit is refused by its announced length, before a byte of it is read, and
 * where none was announced as soon as it has passed the limit.
 */
export async function readBody(response: HttpResponse, limit: number): Promise<Uint8Array> {
  if ((contentLength(response) ?? 0) > limit) {
    response.discard();
    throw new BodyTooLargeError(limit);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > limit) throw new BodyTooLargeError(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
