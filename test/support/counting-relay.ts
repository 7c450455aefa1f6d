import { once } from "node:events";
import { createServer, request as send } from "node:http";

/** A server in front of another one, which records what it passes on. */
export interface CountingRelay extends AsyncDisposable {
  readonly url: string;
  /** Values of `X-Amz-Target`, and the path of requests without one. */
  readonly requests: readonly string[];
}

export async function startCountingRelay(upstream: string): Promise<CountingRelay> {
  const requests: string[] = [];
  const { hostname, port } = new URL(upstream);
  const server = createServer((incoming, outgoing) => {
    requests.push(String(incoming.headers["x-amz-target"] ?? incoming.url));
    const { method = "GET", url: path = "/", headers } = incoming;
    const forwarded = send({ hostname, port, method, path, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the relay has no port");
  return {
    url: `http://127.0.0.1:${bound.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
