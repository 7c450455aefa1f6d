import { request as plainRequest } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as secureRequest } from "node:https";
import { promisify } from "node:util";
import { brotliDecompress, unzip } from "node:zlib";
import { awaitResponse } from "../../../src/async/await-response.ts";
import { limitConnection } from "../../../src/async/connection-limit.ts";
import { proxiedAgents } from "../../../src/proxy/proxy-agents.ts";
import type { Agents } from "../../../src/proxy/proxy-agents.ts";
import type { ProxyRule } from "../../../src/proxy/proxy-rule.ts";

/** A `fetch` for Google's libraries. */
export type Send = (...call: Call) => Promise<Response>;

/** Called for each reply, whatever its status, with its `Date`. */
export type OnReply = (reply: { readonly host: string; readonly date: string | null }) => void;

type Call = Parameters<typeof fetch>;
type Bytes = Buffer<ArrayBuffer>;
type Unpack = (packed: Bytes, limit: { readonly maxOutputLength: number }) => Promise<Bytes>;

/** Connections persist between calls, as they do in the client's own transport. */
export function gceAgents(proxy: ProxyRule | null): Agents {
  return proxiedAgents(proxy, { keepAlive: true });
}

const UNPACKERS: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ["gzip", promisify(unzip)],
  ["deflate", promisify(unzip)],
  ["br", promisify(brotliDecompress)],
]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * A `fetch` for Google's libraries that returns a reply once it is complete. Compute Engine's replies are single
 * documents, and the streams of the libraries' own `fetch` cost as much as the rest of a request.
 *
 * It rejects with the system's error if no reply or only a part of it arrived, and with its own error for a reply
 * beyond the limit, compressed or not, and for a redirect: the API never redirects, and the token is meant only for
 * it.
 */
export function createTransport(
  largestReply: number,
  agents: Agents,
  onReply: OnReply = () => undefined,
): Send {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const { reply, bytes } = await exchange(open(url, init, agents), init, largestReply);
    const { statusCode: status = 0 } = reply;
    onReply({ host: url.host, date: reply.headers.date ?? null });
    if (REDIRECTS.has(status)) throw new Error(`the reply is a redirect (HTTP status ${status})`);
    const packing = reply.headers["content-encoding"] ?? "identity";
    const unpack = UNPACKERS.get(packing);
    const document =
      unpack === undefined ? bytes : await unpack(bytes, { maxOutputLength: largestReply });
    const head = { status, headers: headersOf(reply) };
    // The libraries read an error reply in several ways, not only as bytes.
    return reply.statusCode === 200
      ? new WholeReply(document, head)
      : new Response(document.byteLength === 0 ? null : document, head);
  };
}

/** A reply that returns its bytes without a stream; the libraries read successful replies only this way. */
class WholeReply extends Response {
  override readonly arrayBuffer: () => Promise<ArrayBuffer>;
  override readonly text: () => Promise<string>;

  constructor(document: Bytes, head: ResponseInit) {
    super(null, head);
    const { buffer, byteOffset, byteLength } = document;
    this.arrayBuffer = () => Promise.resolve(buffer.slice(byteOffset, byteOffset + byteLength));
    this.text = () => Promise.resolve(document.toString());
  }
}

/** Sends a request and reads the whole reply. */
async function exchange(
  request: ClientRequest,
  init: RequestInit,
  largestReply: number,
): Promise<{ readonly reply: IncomingMessage; readonly bytes: Bytes }> {
  const response = awaitResponse(request);
  request.end(bodyOf(init, request));
  const reply = await response;
  const { promise, resolve, reject } = Promise.withResolvers<Bytes>();
  const pieces: Buffer[] = [];
  let size = 0;
  request.once("error", reject);
  reply.on("data", (piece: Buffer) => {
    size += piece.byteLength;
    pieces.push(piece);
    if (size > largestReply) request.destroy(new Error(`the reply has over ${largestReply} bytes`));
  });
  reply.once("end", () => resolve(Buffer.concat(pieces)));
  reply.once("error", reject);
  reply.once("close", () => reject(new Error("the connection was closed before the reply ended")));
  return { reply, bytes: await promise };
}

/** A form as `fetch` sends it; any other body unchanged. */
function bodyOf({ body }: RequestInit, request: ClientRequest) {
  if (!(body instanceof URLSearchParams)) return body ?? undefined;
  if (!request.hasHeader("content-type"))
    request.setHeader("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
  return body.toString();
}

function open(
  url: URL,
  { method = "GET", headers, signal }: RequestInit,
  agents: Agents,
): ClientRequest {
  const isSecure = url.protocol === "https:";
  const send = isSecure ? secureRequest : plainRequest;
  const request = send(url, { method, agent: isSecure ? agents.secure : agents.plain });
  if (signal) stopAt(signal, request);
  limitConnection(request, isSecure);
  request.setHeader("accept", "*/*");
  request.setHeader("accept-encoding", [...UNPACKERS.keys()].join(", "));
  request.setHeaders(new Headers(headers));
  return request;
}

/** Does what the option of the same name does, without walking through stream states. */
function stopAt(signal: AbortSignal, request: ClientRequest): void {
  const stop = () =>
    request.destroy(new Error("the request was aborted", { cause: signal.reason }));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  request.once("close", () => signal.removeEventListener("abort", stop));
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  return headers;
}
