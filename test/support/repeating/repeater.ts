import { once } from "node:events";
import { createServer, request as send } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { stopServer } from "../../../testing/server/http-server.ts";

/** An answer that replaces that of a peer. */
export interface RepeatedAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The requests that get the answer: `times` of them, after `skip` others. */
export interface Strike {
  readonly skip: number;
  readonly times: number;
  /** Built from what the server behind has granted in this session. */
  readonly answer: (granted: readonly string[]) => RepeatedAnswer;
}

/** A proxy in front of another server. It forwards everything except the requests of a strike. */
export interface Repeater extends AsyncDisposable {
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Tokens and keys that the server behind has granted so far, in all sessions. */
  readonly granted: () => readonly string[];
  /** Begins a new session: another process of the caller, without the grants of earlier ones. */
  beginSession(): void;
  /** Replaces the current strike. Null forwards everything. */
  strike(strike: Strike | null): void;
  /** Number of requests that were answered by strikes so far. */
  readonly hits: () => number;
}

/** The grants of servers: bearer tokens, and the temporary credentials of a role. */
const GRANTED =
  /"(?:token|access_token|accessToken)":\s*"([^"]+)"|<(?:SecretAccessKey|SessionToken)>([^<]+)</g;

/**
 * @param upstream `http://127.0.0.1:PORT`, or the path of a socket
 */
export async function startRepeater(
  upstream: (path: string) => string | { readonly socketPath: string },
): Promise<Repeater> {
  const granted = new Set<string>();
  let ofSession: string[] = [];
  let strike: Strike | null = null;
  let passed = 0;
  let hits = 0;
  const server = createServer((incoming, response) => {
    if (strike !== null && passed >= strike.skip && passed < strike.skip + strike.times) {
      passed += 1;
      hits += 1;
      answer(response, strike.answer(ofSession));
      incoming.resume();
      return;
    }
    passed += 1;
    passOn(incoming, response, upstream(incoming.url ?? ""), (body) => {
      for (const [, token, key] of body.matchAll(GRANTED)) {
        granted.add(token ?? key ?? "");
        ofSession.push(token ?? key ?? "");
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("there is no port");
  const host = `127.0.0.1:${address.port}`;
  return {
    url: `http://${host}`,
    host,
    granted: () => [...granted],
    beginSession() {
      ofSession = [];
    },
    strike(next) {
      strike = next;
      passed = 0;
    },
    hits: () => hits,
    [Symbol.asyncDispose]: () => stopServer(server),
  };
}

function answer(response: ServerResponse, { status, statusText, headers, body }: RepeatedAnswer) {
  response.writeHead(status, statusText, headers);
  response.end(body);
}

function passOn(
  incoming: IncomingMessage,
  response: ServerResponse,
  upstream: string | { readonly socketPath: string },
  read: (body: string) => void,
): void {
  const { method, url: path, headers } = incoming;
  const options = { method, path, headers };
  const outgoing =
    typeof upstream === "string" ? send(upstream, options) : send({ ...upstream, ...options });
  outgoing.on("response", (reply) => {
    const pieces: Buffer[] = [];
    reply.on("data", (piece: Buffer) => pieces.push(piece));
    reply.on("end", () => {
      const body = Buffer.concat(pieces);
      read(body.toString("latin1"));
      response.writeHead(reply.statusCode ?? 0, reply.rawHeaders);
      response.end(body);
    });
    reply.on("error", () => response.destroy());
  });
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
}
