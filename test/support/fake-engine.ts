import { once } from "node:events";
import { createServer, ServerResponse } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { scratchFolder } from "./scratch.ts";

/** A request as received by the engine. */
export interface EngineExchange {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** The body as JSON. */
  readonly json: () => unknown;
  readonly reply: (status: number, body?: unknown) => void;
  /** Answers 200 with these lines, and leaves the answer open. */
  readonly stream: (...lines: readonly object[]) => StreamedAnswer;
  /** Answers 101, and returns the connection as a stream in both directions. Only if the request asked for an upgrade. */
  readonly upgrade: () => Duplex;
  /** Closes the connection without an answer. */
  readonly hangUp: () => void;
}

export interface StreamedAnswer {
  write(piece: Uint8Array | object): void;
  end(): void;
  /** Closes the connection in the middle of the answer. */
  breakOff(): void;
  /** Resolves when the client has disconnected. */
  readonly abandoned: Promise<void>;
}

export type EngineHandler = (exchange: EngineExchange) => void;

/** An engine that gives only the answers that its test configures. */
export interface FakeEngine extends AsyncDisposable {
  /** `unix:///path`. */
  readonly host: string;
  /** `METHOD /path` of every request so far, in order of arrival. */
  readonly requests: readonly string[];
  /** Number of connections so far. */
  connections(): number;
  /**
   * Answers the next requests for `METHOD /path` with these handlers, one each in order; the last handler answers all
   * further requests. `*` in the path matches one segment.
   */
  on(route: string, ...handlers: readonly [EngineHandler, ...EngineHandler[]]): void;
}

/** Starts a fake engine on its own socket. Disposing of it fails if a request had no handler. */
export async function startFakeEngine(): Promise<FakeEngine> {
  const folder = scratchFolder();
  const socketPath = join(folder.path, "engine.sock");
  const routes = new Map<string, EngineHandler[]>();
  const requests: string[] = [];
  const unexpected: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://engine").pathname;
    const name = `${request.method ?? ""} ${path}`;
    requests.push(name);
    const handler = handlerFor(routes, name);
    if (handler === null) {
      unexpected.push(name);
      response.writeHead(500).end(JSON.stringify({ message: `unexpected: ${name}` }));
      return;
    }
    void readBody(request).then((body) => handler(exchangeOf(request, response, body)));
  });
  // Node leaves the body and the answer of such a request to this listener.
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const name = `${request.method ?? ""} ${new URL(request.url ?? "/", "http://engine").pathname}`;
    requests.push(name);
    const handler = handlerFor(routes, name);
    if (handler === null) {
      unexpected.push(name);
      return void socket.destroy();
    }
    return void readUpgradeBody(request, socket, head).then((body) =>
      handler(upgradeExchange(request, socket, body)),
    );
  });
  let connections = 0;
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("connection", () => {
    connections += 1;
  });
  await once(server.listen(socketPath), "listening");
  return {
    host: `unix://${socketPath}`,
    requests,
    connections: () => connections,
    on: (route, ...handlers) => void routes.set(route, [...handlers]),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      // The server no longer counts a connection that was upgraded.
      for (const socket of sockets) socket.destroy();
      await closed;
      folder[Symbol.dispose]();
      if (unexpected.length > 0) throw new Error(`unexpected requests: ${unexpected.join(", ")}`);
    },
  };
}

function handlerFor(routes: Map<string, EngineHandler[]>, name: string): EngineHandler | null {
  for (const [route, handlers] of routes) {
    const parts = route.split("/");
    const given = name.split("/");
    const fits =
      parts.length === given.length &&
      parts.every((part, index) => part === "*" || part === given[index]);
    if (!fits) continue;
    return (handlers.length > 1 ? handlers.shift() : handlers[0]) ?? null;
  }
  return null;
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for await (const piece of request) if (piece instanceof Buffer) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function readUpgradeBody(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<Uint8Array> {
  const length = Number(request.headers["content-length"] ?? 0);
  let body = head;
  while (body.length < length) {
    await once(socket, "readable");
    const piece: unknown = socket.read();
    if (piece instanceof Buffer) body = Buffer.concat([body, piece]);
  }
  return body;
}

function upgradeExchange(
  request: IncomingMessage,
  socket: Duplex,
  body: Uint8Array,
): EngineExchange {
  socket.on("error", () => undefined);
  const response = new ServerResponse(request);
  if (socket instanceof Socket) response.assignSocket(socket);
  return {
    ...exchangeOf(request, response, body),
    upgrade: () => {
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
      return socket;
    },
  };
}

function exchangeOf(
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
): EngineExchange {
  const url = new URL(request.url ?? "/", "http://engine");
  return {
    method: request.method ?? "",
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body,
    json: () => JSON.parse(Buffer.from(body).toString("utf8")) as unknown,
    reply: (status, answer) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(answer === undefined ? undefined : JSON.stringify(answer));
    },
    stream: (...lines) => streamTo(response, lines),
    upgrade: () => {
      throw new Error("the request asked for no upgrade");
    },
    hangUp: () => request.socket.destroy(),
  };
}

function streamTo(response: ServerResponse, lines: readonly object[]): StreamedAnswer {
  const { promise: abandoned, resolve } = Promise.withResolvers<void>();
  response.once("close", () => resolve());
  const write = (piece: Uint8Array | object) => {
    response.write(piece instanceof Uint8Array ? piece : `${JSON.stringify(piece)}\r\n`);
  };
  response.writeHead(200);
  response.flushHeaders();
  for (const line of lines) write(line);
  return {
    write,
    end: () => void response.end(),
    breakOff: () => void response.socket?.destroy(),
    abandoned,
  };
}

/** The engine's answer to `GET /info`, with the given changes. */
export function infoAnswer(changes: object = {}): object {
  return {
    Name: "engine-host",
    OSType: "linux",
    Architecture: "x86_64",
    KernelVersion: "6.1.0-test",
    NCPU: 4,
    MemTotal: 8 * 2 ** 30,
    MemoryLimit: true,
    SwapLimit: true,
    CPUShares: true,
    CpuCfsQuota: true,
    RegistryConfig: { InsecureRegistryCIDRs: ["127.0.0.0/8"], IndexConfigs: {} },
    ...changes,
  };
}

/** The engine's answer to `GET /version`. */
export function versionAnswer(changes: object = {}): object {
  return { Version: "20.10.24", ApiVersion: "1.41", Os: "linux", Arch: "amd64", ...changes };
}

/** The engine's answer to `GET /containers/ID/json`. */
export function containerAnswer(changes: {
  readonly Id?: string;
  readonly State?: object;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly Tty?: boolean;
}): object {
  const { Id = "c1", State = {}, Labels = {}, Tty = false } = changes;
  return {
    Id,
    Created: "2026-11-22T14:49:15.921252542Z",
    State: { Status: "running", ExitCode: 0, Error: "", OOMKilled: false, ...State },
    Config: { Labels, Tty, User: "" },
    NetworkSettings: { Ports: {}, Networks: { bridge: { IPAddress: "172.17.0.2" } } },
  };
}
