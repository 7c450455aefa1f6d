import { once } from "node:events";
import { createServer, request as send } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

export interface ProxiedRequest {
  readonly method: string;
  /** `host:port` of a tunnel, or the whole address of a forwarded request. */
  readonly target: string;
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | null;
}

export interface MappingProxy extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
}

export interface MappingProxyOptions {
  /** The loopback port of each `host:port` that the proxy knows. It answers 502 for any other. */
  readonly names?: Readonly<Record<string, number>>;
  /** The answer to everything, instead of a connection. */
  readonly refusal?: { readonly status: number; readonly reason: string };
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A proxy that alone can resolve some names, so that a request that passes it by fails. It records its requests. */
export async function startMappingProxy(options: MappingProxyOptions = {}): Promise<MappingProxy> {
  const { names = {}, tls } = options;
  const requests: ProxiedRequest[] = [];
  const record = ({ method = "", url = "", headers }: IncomingMessage) => {
    const authorization = headers["proxy-authorization"] ?? null;
    requests.push({ method, target: url, authorization });
  };
  const refusalOf = (target: string) => {
    if (options.refusal !== undefined) return options.refusal;
    return target in names ? null : { status: 502, reason: "Unknown Host" };
  };
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  const open = new Set<Duplex>();
  server.on("connect", (incoming: IncomingMessage, socket: Duplex, first: Buffer) => {
    record(incoming);
    open.add(socket);
    socket.on("error", () => undefined);
    const target = incoming.url ?? "";
    const refusal = refusalOf(target);
    if (refusal !== null)
      return void socket.end(`HTTP/1.1 ${refusal.status} ${refusal.reason}\r\n\r\n`);
    const upstream = connect(names[target] ?? 0, "127.0.0.1");
    open.add(upstream);
    upstream.on("error", () => socket.destroy());
    upstream.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(first);
      upstream.pipe(socket).pipe(upstream);
    });
    return undefined;
  });
  server.on("request", (incoming, outgoing) => {
    record(incoming);
    const { host, hostname, port, pathname, search } = new URL(incoming.url ?? "", "http://none");
    const target = `${hostname}:${port || 80}`;
    const refusal = refusalOf(target);
    if (refusal !== null) return void outgoing.writeHead(refusal.status, refusal.reason).end();
    const headers = { ...incoming.headers, host };
    const path = `${pathname}${search}`;
    const { method = "GET" } = incoming;
    const forwarded = send({ host: "127.0.0.1", port: names[target] ?? 0, method, path, headers });
    forwarded.on("response", (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
    return undefined;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the proxy has no port");
  const { port } = bound;
  return {
    port,
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
