import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { text } from "node:stream/consumers";

export interface ServedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or with the address that it listens on. */
  readonly url: string;
  /** `127.0.0.1:PORT`, the registry part of a reference. */
  readonly host: string;
  readonly requests: readonly ServedRequest[];
}

export interface HttpServerOptions {
  /** A loopback address. Default 127.0.0.1. */
  readonly address?: string;
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    /** The authority of the certificate that each client must present. */
    readonly ca?: string;
    /** Only these ciphers, of TLS 1.2. */
    readonly ciphers?: string;
  };
}

/** A server with a test's answers, which records its requests. */
export async function startServer(
  answer: (request: ServedRequest, response: ServerResponse) => void,
  options: HttpServerOptions = {},
): Promise<HttpServer> {
  const { address = "127.0.0.1", tls } = options;
  const requests: ServedRequest[] = [];
  const server =
    tls === undefined
      ? createServer()
      : createTlsServer({
          ...tls,
          requestCert: tls.ca !== undefined,
          ...(tls.ciphers === undefined ? {} : { maxVersion: "TLSv1.2" }),
        });
  server.on("request", (incoming, response) => {
    void text(incoming).then((body) => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, url, headers, body };
      requests.push(request);
      answer(request, response);
    });
  });
  server.listen(0, address);
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no port");
  const { port } = bound;
  return {
    port,
    url: `${tls === undefined ? "http" : "https"}://${address}:${port}`,
    host: `${address}:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Sends a JSON response. */
export function sendJson(
  response: ServerResponse,
  document: unknown,
  rest: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): void {
  response.writeHead(rest.status ?? 200, { "content-type": "application/json", ...rest.headers });
  response.end(JSON.stringify(document));
}
