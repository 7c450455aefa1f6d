import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { ended, listen, readBody, readCall, stopServer } from "../registry/http-edge.ts";
import { type Cloud, type WireRequest, answer, refused } from "./answer.ts";
import { answerBatch, isBatch } from "./batch.ts";
import type { CloudAnswer } from "../cloud-exchange.ts";
import { GceFailure } from "./failure.ts";

/** An insert may carry half a mebibyte of metadata. */
const MAXIMUM_BODY_BYTES = 4 * 1024 * 1024;

export interface Serving {
  readonly host: string;
  readonly close: () => Promise<void>;
}

/** Serves the cloud over HTTP on the loopback interface. @throws SlipwayError `PORT_UNAVAILABLE` */
export async function startServing(cloud: Cloud, port: number): Promise<Serving> {
  const server = createServer();
  const host = `127.0.0.1:${await listen(server, "127.0.0.1", port)}`;
  server.on("request", (request, response) => void serve(cloud, { request, response, host }));
  return { host, close: () => stopServer(server) };
}

interface Connection {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly host: string;
}

/** Serves one request, from its head to the end of its answer. Never rejects. */
async function serve(cloud: Cloud, { request, response, host }: Connection): Promise<void> {
  const gone = new AbortController();
  void ended(response).then(() => gone.abort());
  try {
    const reply = await replyTo(cloud, request, { host, signal: gone.signal });
    if (reply === null) request.socket.resetAndDestroy();
    else send(response, reply);
  } catch (caught) {
    // The client went away, or this stand-in has a defect, which the client is told.
    if (response.destroyed || response.headersSent) response.destroy();
    else {
      const message = caught instanceof Error ? caught.message : String(caught);
      send(response, refused(new GceFailure("internalError", message)));
    }
  }
}

type TypedReply = CloudAnswer & { readonly contentType?: string };

async function replyTo(
  cloud: Cloud,
  request: IncomingMessage,
  { host, signal }: { readonly host: string; readonly signal: AbortSignal },
): Promise<TypedReply | null> {
  const call = readCall(request, "http", host);
  if (call === null) return refused(new GceFailure("badRequest", "malformed path"));
  const bytes = await readBody(request, MAXIMUM_BODY_BYTES);
  if (bytes === null) return refused(new GceFailure("uploadTooLarge", "the body is too large"));
  const wire: WireRequest = {
    method: call.method,
    path: call.path,
    query: call.query,
    authorization: call.headers.authorization,
    body: new TextDecoder().decode(bytes),
    signal,
  };
  return isBatch(wire)
    ? answerBatch(cloud, wire, call.headers["content-type"] ?? "")
    : answer(cloud, wire);
}

function send(response: ServerResponse, reply: TypedReply): void {
  response.writeHead(reply.status, {
    "Content-Type": reply.contentType ?? "application/json; charset=UTF-8",
    "Content-Length": Buffer.byteLength(reply.body),
  });
  response.end(reply.body);
}
