import { createServer } from "node:http";
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from "node:http";
import { listen, readBody, stopServer } from "../../../testing/server/http-server.ts";

const LARGEST_BODY = 1024 * 1024;
/** Headers of the connection to the relay; the connection to the fake has its own. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "transfer-encoding",
]);

/** A request that a cloud's client sent. */
export interface RelayedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body's members if it is a form, as for EC2. */
  readonly form: URLSearchParams;
}

export interface RelayedReply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

export interface RelayRules {
  /** The relay's own answer. Null: the fake answers. */
  readonly answer?: (request: RelayedRequest) => RelayedReply | null;
  /** Headers that replace those of the fake's answer. */
  readonly headers?: () => OutgoingHttpHeaders;
}

export interface Relay extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly RelayedRequest[];
}

/** A server before a fake that answers some requests itself, in the way a report describes. */
export async function startRelay(upstream: string, rules: RelayRules): Promise<Relay> {
  const requests: RelayedRequest[] = [];
  const relay = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = Buffer.from((await readBody(incoming, LARGEST_BODY)) ?? []).toString();
    const { method = "GET", url: path = "/", headers } = incoming;
    const request = { method, path, headers, body, form: new URLSearchParams(body) };
    requests.push(request);
    const reply = rules.answer?.(request) ?? (await forward(upstream, request));
    outgoing.writeHead(reply.status, { ...reply.headers, ...rules.headers?.() });
    outgoing.end(reply.body);
  };
  const server = createServer((incoming, outgoing) => void relay(incoming, outgoing));
  const port = await listen(server, "127.0.0.1", 0);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: () => stopServer(server),
  };
}

async function forward(
  upstream: string,
  { method, path, headers, body }: RelayedRequest,
): Promise<RelayedReply> {
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" && !CONNECTION_HEADERS.has(name) ? [[name, value] as const] : [],
  );
  const reply = await fetch(new URL(path, upstream), {
    method,
    headers: Object.fromEntries(kept),
    ...(body === "" ? {} : { body }),
  });
  const type = reply.headers.get("content-type") ?? "text/plain";
  return { status: reply.status, headers: { "content-type": type }, body: await reply.text() };
}

/** An answer of Compute Engine. */
export function jsonReply(status: number, document: unknown): RelayedReply {
  return {
    status,
    headers: { "content-type": "application/json; charset=UTF-8" },
    body: JSON.stringify(document),
  };
}
