/** The HTTP server that the fake clouds share. */
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  createServer,
} from "node:http";
import type { Clock } from "../../src/host/clock.ts";
import type { CloudAnswer } from "./cloud-exchange.ts";
import type { CloudFault } from "./cloud-fault-grammar.ts";
import {
  type ListeningOptions,
  responseClosed,
  listen,
  readBody,
  stopServer,
} from "./http-server.ts";

/** Longer than the clients' keep-alive time; otherwise a client could send into a connection that is being closed. */
const KEEP_ALIVE_MS = 120_000;

/** Options common to all fake clouds. */
export interface CloudOptions extends ListeningOptions {
  /** Clock for state transitions, rate limits and the expiry of credentials. Default: the system clock. */
  readonly clock?: Clock;
  /** Faults that are active from the start. */
  readonly faults?: readonly CloudFault[];
  /** File that persists the fake's state. It is read at the start, and written before a change is answered. */
  readonly stateFile?: string;
  /** Maximum number of entries in `requests`; the oldest are dropped first. Default: no limit. */
  readonly maximumRequests?: number;
}

/** A request as received. */
export interface CloudRequest {
  readonly method: string;
  /** Decoded, without the query; null if the encoding is invalid. */
  readonly path: string | null;
  /** As sent, without its question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Null if it exceeds the cloud's size limit. */
  readonly body: string | null;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

/** An answer as it is sent. */
export interface WireAnswer {
  readonly status: number;
  readonly body: string | Uint8Array;
  /** Default: that of the API. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a cloud answers requests. */
export interface CloudApi {
  readonly contentType: string;
  readonly maximumBodyBytes: number;
  /** Null resets the connection without an answer. */
  readonly answer: (request: CloudRequest) => Promise<WireAnswer | null>;
  /** The answer for a defect of the fake itself: the client must see it, since there is no other place to report it. */
  readonly defect: (caught: unknown) => CloudAnswer;
}

/**
 * Starts the server.
 *
 * @param save persists the state. An unwritable file is reported at once; no file is left behind if listening fails.
 * @throws SlipwayError `PORT_UNAVAILABLE`, and whatever `save` throws
 */
export async function serveCloud(
  api: CloudApi,
  { port = 0, address = "127.0.0.1" }: ListeningOptions,
  save: () => void,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void handleRequest(api, request, response);
  });
  const bound = await listen(server, address, port);
  try {
    save();
  } catch (caught) {
    await stopServer(server);
    throw caught;
  }
  return { url: `http://${address}:${bound}`, close: () => stopServer(server) };
}

/** Handles one request up to the end of its answer. Never rejects. */
async function handleRequest(
  api: CloudApi,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  void responseClosed(response).then(() => gone.abort());
  try {
    const answer = await api.answer(await readRequest(api, request, gone.signal));
    if (answer === null) request.socket.resetAndDestroy();
    else send(response, answer, api.contentType);
  } catch (caught) {
    // The client disconnected while sending its body, or the fake has a defect.
    if (response.headersSent || response.destroyed) response.destroy();
    else send(response, api.defect(caught), api.contentType);
  }
}

async function readRequest(
  { maximumBodyBytes }: CloudApi,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<CloudRequest> {
  const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s, 2);
  const bytes = await readBody(request, maximumBodyBytes);
  return {
    method: request.method ?? "",
    path: decoded(path),
    query,
    headers: request.headers,
    body: bytes === null ? null : new TextDecoder().decode(bytes),
    signal,
  };
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    // `decodeURIComponent` throws only for malformed input.
    return null;
  }
}

function send(
  response: ServerResponse,
  { status, body, contentType, headers = {} }: WireAnswer,
  usualType: string,
): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    "Content-Type": contentType ?? usualType,
    "Content-Length": bytes.byteLength,
    ...headers,
  });
  response.end(bytes);
}
