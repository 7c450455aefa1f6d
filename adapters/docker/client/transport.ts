import { awaitResponse, awaitUpgrade } from "../../../src/async/await-response.ts";
import { whenConnected } from "../../../src/async/connection-limit.ts";
import { cancellation, onAbort } from "../../../src/async/cancellation.ts";
import http from "node:http";
import https from "node:https";
import { Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";
import { errorCode } from "../../../src/host/error-code.ts";
import { proxiedAgents } from "../../../src/proxy/proxy-agents.ts";
import type { ProxyRule } from "../../../src/proxy/proxy-rule.ts";
import type { EngineEndpoint } from "./endpoint.ts";
import { EngineConnectionFailure } from "../errors/engine-failure.ts";
import { createSshAgent } from "./ssh-agent.ts";
import type { SshAgent } from "./ssh-agent.ts";

export interface EngineRequest {
  readonly method: string;
  /** Path of the API with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  readonly signal: AbortSignal | null;
  /** Longest silence of the engine before its reply begins, in milliseconds; null waits forever. */
  readonly silenceMilliseconds: number | null;
}

export interface EngineResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Fails with an `EngineConnectionFailure` if the connection breaks off. */
  readonly body: Readable;
}

/** An engine's answer to a request for a stream: its bytes in both directions, or a response that refuses. */
export type EngineStreamAnswer =
  | { readonly upgraded: true; readonly stream: Duplex }
  | { readonly upgraded: false; readonly response: EngineResponse };

/** HTTP to one engine over persistent connections. */
export interface EngineTransport {
  send(request: EngineRequest): Promise<EngineResponse>;
  /** Sends a request that turns its connection into a stream, which the caller ends. */
  upgrade(request: EngineRequest): Promise<EngineStreamAnswer>;
  /** Resolves when no program that it started runs any longer. */
  close(): Promise<void>;
}

export interface TransportOptions {
  /** The program that connects to `ssh://` hosts. Default `ssh`. */
  readonly sshProgram?: string;
  /** For `tcp://` hosts, as in Docker's command line. Default: a direct connection. */
  readonly proxy?: ProxyRule | null;
}

const CONNECT_MILLISECONDS = 10_000;
const IDLE_CONNECTIONS = 16;
const AGENT = { keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS } as const;

/**
 * Replaces dockerode's own transport, which reads the process's environment, prints credentials under `DEBUG=modem`,
 * dumps its sockets on every call for that, and cannot report whether a failed request was sent.
 */
export function createTransport(
  endpoint: EngineEndpoint,
  options: TransportOptions = {},
): EngineTransport {
  const { ended, ...connection } = connectionOf(endpoint, options);
  return {
    send: (request) =>
      exchange(request, connection, async (outgoing) =>
        responseOf(await awaitResponse(outgoing), request.signal),
      ),
    upgrade: (request) =>
      exchange(withHeaders(request, UPGRADE), connection, async (outgoing) => {
        const answer = await awaitUpgrade(outgoing);
        const { signal } = request;
        return answer.upgraded
          ? { upgraded: true, stream: streamOf(answer.connection, signal) }
          : { upgraded: false, response: responseOf(answer.response, signal) };
      }),
    async close() {
      connection.agent.destroy();
      await ended?.();
    },
  };
}

interface Connection {
  readonly agent: http.Agent;
  /** Options of every request. */
  readonly base: http.RequestOptions;
  readonly secure: boolean;
}

function connectionOf(
  endpoint: EngineEndpoint,
  options: TransportOptions,
): Connection & Partial<Pick<SshAgent, "ended">> {
  switch (endpoint.kind) {
    case "unix": {
      const base = { socketPath: endpoint.socketPath };
      return { agent: new http.Agent(AGENT), base, secure: false };
    }
    case "ssh": {
      const ssh = createSshAgent(endpoint, { program: options.sshProgram ?? "ssh", ...AGENT });
      return { ...ssh, base: { host: "docker" }, secure: false };
    }
    case "tcp": {
      const { host, port, tls } = endpoint;
      const { plain, secure } = proxiedAgents(options.proxy ?? null, {
        ...AGENT,
        ...(tls === null ? {} : { rejectUnauthorized: tls.verify }),
        ...(tls?.certificateAuthority ? { ca: tls.certificateAuthority } : {}),
        ...(tls?.certificate ? { cert: tls.certificate } : {}),
        ...(tls?.key ? { key: tls.key } : {}),
      });
      const agent = tls === null ? plain : secure;
      return { agent, base: { host, port }, secure: tls !== null };
    }
  }
}

/** As the `docker` command asks for a stream: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach */
const UPGRADE = { connection: "Upgrade", upgrade: "tcp" } as const;

function withHeaders(
  request: EngineRequest,
  headers: Readonly<Record<string, string>>,
): EngineRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

/** Sends a request, within its time limits. */
async function exchange<Answer>(
  request: EngineRequest,
  connection: Connection,
  answerTo: (outgoing: http.ClientRequest) => Promise<Answer>,
): Promise<Answer> {
  const { signal, silenceMilliseconds: silence, body } = request;
  if (signal?.aborted === true) throw cancellation(signal, "a call to the engine");
  const outgoing = open(request, connection);
  let sent = false;
  let timer: NodeJS.Timeout | null = null;
  const giveUp = (milliseconds: number, what: string) => () =>
    outgoing.destroy(timeout(`${what} within ${milliseconds / 1000} seconds`, sent));
  const wait = (milliseconds: number | null, what: string) => {
    if (timer !== null) clearTimeout(timer);
    timer = milliseconds === null ? null : setTimeout(giveUp(milliseconds, what), milliseconds);
  };
  wait(CONNECT_MILLISECONDS, "no connection");
  whenConnected(outgoing, connection.secure, () => {
    sent = true;
    wait(silence, "no answer");
  });
  const stop = () => outgoing.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const answer = answerTo(outgoing);
    outgoing.end(body ?? undefined);
    return await answer;
  } catch (caught) {
    const isCancelled = signal !== null && signal.aborted;
    throw isCancelled ? cancellation(signal, "a call to the engine") : failureOf(caught, sent);
  } finally {
    wait(null, "");
    signal?.removeEventListener("abort", stop);
  }
}

/** Opens the request. Keys that are not PEM fail here already. */
function open(request: EngineRequest, connection: Connection): http.ClientRequest {
  try {
    return begin(request, connection);
  } catch (caught) {
    throw failureOf(caught, false);
  }
}

function begin(request: EngineRequest, { agent, base, secure }: Connection): http.ClientRequest {
  const { method, path, body } = request;
  const length = body === null ? {} : { "content-length": Buffer.byteLength(body) };
  const headers = { ...request.headers, ...length };
  return (secure ? https : http).request({ ...base, agent, method, path, headers });
}

function responseOf(incoming: http.IncomingMessage, signal: AbortSignal | null): EngineResponse {
  // An error before a reader listens would end the process; a reader receives it later.
  incoming.on("error", () => undefined);
  endOnAbort(incoming, signal);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming };
}

function endOnAbort(stream: Readable, signal: AbortSignal | null): void {
  if (signal === null) return;
  const listening = onAbort(signal, () =>
    stream.destroy(cancellation(signal, "a call to the engine")),
  );
  stream.once("close", () => listening[Symbol.dispose]());
}

/** How often an idle connection is probed, in milliseconds, so that a dead host is noticed. */
const PROBE_MILLISECONDS = 30_000;

function streamOf(connection: Duplex, signal: AbortSignal | null): Duplex {
  if (connection instanceof Socket) connection.setKeepAlive(true, PROBE_MILLISECONDS);
  endOnAbort(connection, signal);
  return connection;
}

/** Turns an error of a request or its reply into a failure. */
export function failureOf(caught: unknown, sent: boolean): Error {
  if (caught instanceof EngineConnectionFailure) return caught;
  const code = errorCode(caught) ?? "";
  return new EngineConnectionFailure({
    code: code === "" ? "UNKNOWN" : code,
    sent,
    words: caught instanceof Error ? caught.message || code : String(caught),
  });
}

function timeout(words: string, sent: boolean): EngineConnectionFailure {
  return new EngineConnectionFailure({ code: "TIMED_OUT", sent, words });
}
