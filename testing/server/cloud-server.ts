/** The HTTP shell that the stand-ins of the clouds share. */
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  createServer,
} from "node:http";
import type { Clock } from "../../src/host/clock.ts";
import type { CloudAnswer } from "./cloud-exchange.ts";
import type { CloudFault } from "./cloud-fault-grammar.ts";
import { type ListeningOptions, ended, listen, readBody, stopServer } from "./http-server.ts";

/** Longer than the clients' own, or they would send into connections that are just being closed. */
const KEEP_ALIVE_MS = 120_000;

/** What every stand-in of a cloud takes. */
export interface CloudOptions extends ListeningOptions {
  /** By which states pass, quotas fill and credentials expire. Default the system's. */
  readonly clock?: Clock;
  /** Faults from the beginning. */
  readonly faults?: readonly CloudFault[];
  /** A file that keeps the world. It is read at the start, and written before a change is answered. */
  readonly stateFile?: string;
  /** How many requests `requests` holds; the oldest go first. Default all. */
  readonly mostRequests?: number;
}

/** A request as it came over the wire. */
export interface CloudRequest {
  readonly method: string;
  /** Decoded, without the query; null where it is no valid encoding. */
  readonly path: string | null;
  /** As it was written, without its question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Null where it is larger than the cloud takes. */
  readonly body: string | null;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** What a cloud does with a request. */
export interface CloudApi {
  readonly contentType: string;
  readonly largestBodyBytes: number;
  /** Null where nothing is answered and the connection is reset. */
  readonly answer: (
    request: CloudRequest,
  ) => Promise<(CloudAnswer & { readonly contentType?: string }) | null>;
  /** How a defect of the stand-in itself is told: the client hears of it, because nobody else would. */
  readonly defect: (caught: unknown) => CloudAnswer;
}

/**
 * Begins to serve.
 *
 * @param save keeps the world: a file that cannot be written is told at once, and none is left where nobody listens
 * @throws SlipwayError `PORT_UNAVAILABLE`, and what `save` throws
 */
export async function serveCloud(
  api: CloudApi,
  { port = 0, address = "127.0.0.1" }: ListeningOptions,
  save: () => void,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void serve(api, request, response);
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

/** Serves one request, from its head to the end of its answer. Never rejects. */
async function serve(
  api: CloudApi,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  void ended(response).then(() => gone.abort());
  try {
    const answer = await api.answer(await readRequest(api, request, gone.signal));
    if (answer === null) request.socket.resetAndDestroy();
    else send(response, answer, answer.contentType ?? api.contentType);
  } catch (caught) {
    // The client went away in the middle of its body, or this stand-in has a defect.
    if (response.headersSent || response.destroyed) response.destroy();
    else send(response, api.defect(caught), api.contentType);
  }
}

async function readRequest(
  { largestBodyBytes }: CloudApi,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<CloudRequest> {
  const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s, 2);
  const bytes = await readBody(request, largestBodyBytes);
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
    // `decodeURIComponent` knows no other failure than a malformed path.
    return null;
  }
}

function send(response: ServerResponse, { status, body }: CloudAnswer, contentType: string): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { "Content-Type": contentType, "Content-Length": bytes.byteLength });
  response.end(bytes);
}
