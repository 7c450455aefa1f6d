import { once } from "node:events";
import { Agent as PlainAgent, request as plainRequest } from "node:http";
import type { AgentOptions, ClientRequest, IncomingMessage } from "node:http";
import { Agent as SecureAgent } from "node:https";
import type { AgentOptions as SecureAgentOptions } from "node:https";
import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { ProxyFailure, proxyRefused, proxyUnreachable } from "./proxy-failure.ts";
import type { ProxyRule } from "./proxy-rule.ts";
import type { ProxyServer } from "./proxy-server.ts";

/** Agents of Node's HTTP client: for `http` targets, and for `https` targets. */
export interface Agents {
  readonly plain: PlainAgent;
  readonly secure: SecureAgent;
}

/** Time limit of a connection to a proxy, and of its answer, in milliseconds. */
const CONNECT_MILLISECONDS = 20_000;

/**
 * Agents that connect as the rule says. A proxy tunnels to an `https` target (`CONNECT`), so that it sees neither requests
 * nor answers, and forwards requests to an `http` target. It resolves the target's name.
 *
 * A request fails with a `ProxyFailure` if the proxy is the cause. That is why Slipway has agents of its own: the usual
 * packages return a proxy's refusal as if it were the target's answer, and Node's own support needs Node 24.5.
 */
export function proxiedAgents(rule: ProxyRule | null, options: SecureAgentOptions = {}): Agents {
  if (rule === null) return { plain: new PlainAgent(options), secure: new SecureAgent(options) };
  return { plain: new ForwardingAgent(rule, options), secure: new TunnelAgent(rule, options) };
}

type Destination = Parameters<SecureAgent["createConnection"]>[0];
type Connected = Parameters<SecureAgent["createConnection"]>[1];

class TunnelAgent extends SecureAgent {
  readonly #rule: ProxyRule;

  constructor(rule: ProxyRule, options: SecureAgentOptions) {
    super(options);
    this.#rule = rule;
  }

  override createConnection(options: Destination, callback?: Connected) {
    const target = targetOf("https:", options);
    const proxy = proxyFor(this.#rule, target);
    if (proxy instanceof ProxyFailure) {
      void handOver(Promise.reject(proxy), callback);
      return undefined;
    }
    if (proxy === null) return super.createConnection(options, callback);
    const secure = (socket: Socket) => {
      const through = { ...options, socket };
      return super.createConnection(through) ?? socket;
    };
    void handOver(openTunnel(proxy, target).then(secure), callback);
    return undefined;
  }
}

/** Marks the options of a connection that leads to a proxy. */
const VIA = Symbol("proxy");

class ForwardingAgent extends PlainAgent {
  readonly #rule: ProxyRule;

  constructor(rule: ProxyRule, options: AgentOptions) {
    super(options);
    this.#rule = rule;
  }

  /** Called by Node with each request, before its head is written. */
  addRequest(request: ClientRequest, options: Destination): void {
    const target = targetOf("http:", options);
    const proxy = proxyFor(this.#rule, target);
    const send = (destination: Destination) => {
      const pool: unknown = Reflect.get(PlainAgent.prototype, "addRequest");
      if (typeof pool === "function") Reflect.apply(pool, this, [request, destination]);
    };
    if (proxy === null) return send(options);
    if (proxy instanceof ProxyFailure) {
      const failing = { ...options, [VIA]: proxy };
      return send(failing);
    }
    const { authorization } = proxy;
    if (authorization !== null) request.setHeader("proxy-authorization", authorization.reveal());
    request.path = new URL(request.path, target).href;
    const destination = { ...options, host: proxy.hostname, port: proxy.port, [VIA]: proxy };
    return send(destination);
  }

  override createConnection(
    options: Destination & { readonly [VIA]?: ProxyServer | ProxyFailure },
    callback?: Connected,
  ) {
    const proxy = options[VIA];
    if (proxy === undefined) return super.createConnection(options, callback);
    const opening =
      proxy instanceof ProxyFailure ? Promise.reject(proxy) : connectTo(proxy, proxy.origin);
    void handOver(opening, callback);
    return undefined;
  }
}

/** Node's client expects no agent to throw. */
function proxyFor(rule: ProxyRule, target: URL): ProxyServer | ProxyFailure | null {
  try {
    return rule(target);
  } catch (caught) {
    if (caught instanceof ProxyFailure) return caught;
    throw caught;
  }
}

/** Hands a new connection, or the error instead of one, to the pool. */
async function handOver(
  opening: Promise<Parameters<NonNullable<Connected>>[1]>,
  callback: Connected = () => undefined,
): Promise<void> {
  const [opened] = await Promise.allSettled([opening]);
  if (opened.status === "fulfilled") callback(null, opened.value);
  else Reflect.apply(callback, undefined, [opened.reason]);
}

function targetOf(protocol: "http:" | "https:", { host, port }: Destination): URL {
  const name = host ?? "localhost";
  return new URL(`${protocol}//${name.includes(":") ? `[${name}]` : name}:${port ?? ""}`);
}

/** A connection to the target through the proxy. @throws ProxyFailure */
async function openTunnel(proxy: ProxyServer, target: URL): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || 443}`;
  const connection = await connectTo(proxy, authority);
  const { authorization } = proxy;
  const request = plainRequest({
    method: "CONNECT",
    path: authority,
    createConnection: () => connection,
    headers: {
      host: authority,
      ...(authorization === null ? {} : { "proxy-authorization": authorization.reveal() }),
    },
  });
  const { answer, socket } = await answerTo(request, proxy, authority);
  const { statusCode: status = 0, statusMessage = "" } = answer;
  if (status >= 200 && status < 300) return socket;
  socket.destroy();
  const words = statusMessage.replaceAll(/\p{C}/gu, " ").slice(0, LONGEST_WORDS).trim();
  throw proxyRefused(proxy, authority, { status, words });
}

/** Longest reason phrase of a proxy that a message quotes. */
const LONGEST_WORDS = 100;

/** The proxy's answer to `CONNECT`, with the connection that it may have tunnelled. */
async function answerTo(request: ClientRequest, proxy: ProxyServer, authority: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly answer: IncomingMessage;
    readonly socket: Socket;
  }>();
  const fail = (why: unknown) => reject(proxyUnreachable(proxy, authority, why));
  request.once("connect", (answer: IncomingMessage, socket: Socket, first: Buffer) => {
    if (first.length > 0) socket.unshift(first);
    resolve({ answer, socket });
  });
  request.on("error", fail);
  request.once("close", () => fail(new Error("it closed the connection without an answer")));
  const late = setTimeout(() => request.destroy(timeoutError()), CONNECT_MILLISECONDS);
  try {
    request.end();
    return await promise;
  } finally {
    clearTimeout(late);
  }
}

/** A connection to the proxy itself. @throws ProxyFailure */
async function connectTo(proxy: ProxyServer, target: string): Promise<Socket> {
  const { hostname: host, port, isSecure } = proxy;
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = isSecure
    ? connectSecurely({ host, port, ...servername })
    : connect({ host, port });
  const late = setTimeout(() => socket.destroy(timeoutError()), CONNECT_MILLISECONDS);
  try {
    await once(socket, isSecure ? "secureConnect" : "connect");
    return socket;
  } catch (caught) {
    throw proxyUnreachable(proxy, target, caught);
  } finally {
    clearTimeout(late);
  }
}

function timeoutError(): Error {
  const error = new Error(`no answer came within ${CONNECT_MILLISECONDS} ms`);
  return Object.assign(error, { code: "ETIMEDOUT" });
}
