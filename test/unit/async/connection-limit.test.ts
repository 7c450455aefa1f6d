import { once } from "node:events";
import { createServer as createWebServer, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { expect, it, vi } from "vitest";
import { createTransport, gceAgents } from "../../../adapters/gce/client/transport.ts";
import { awaitResponse } from "../../../src/async/await-response.ts";
import { limitConnection } from "../../../src/async/connection-limit.ts";
import { NO_CERTIFICATES } from "../../../src/oci/registry/certificates.ts";
import { createHttpTransport } from "../../../src/oci/registry/transport.ts";
import { blackHole } from "../../support/black-hole.ts";

const SHORT = 20;

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

it("ends a request to an address that swallows packets", async () => {
  await using hole = await blackHole();
  const request = plainRequest({ host: "127.0.0.1", port: hole.port });
  limitConnection(request, false, SHORT);
  const response = awaitResponse(request);
  request.end();
  await expect(response).rejects.toMatchObject({
    code: "CONNECT_TIMEOUT",
    message: "no connection was established within 0.02 seconds",
  });
});

it("ends a request to a server that does not answer the handshake of TLS", async () => {
  const server = createServer((socket) => void socket.on("error", () => undefined).resume());
  const port = await portOf(server);
  const request = secureRequest({ host: "127.0.0.1", port });
  limitConnection(request, true, SHORT);
  const response = awaitResponse(request);
  request.end();
  await expect(response).rejects.toMatchObject({ code: "CONNECT_TIMEOUT" });
  await server[Symbol.asyncDispose]();
});

it("leaves the time of an answer alone", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { promise: answering, resolve: answer } = Promise.withResolvers<void>();
  const server = createWebServer((_request, response) => {
    void answering.then(() => response.end("ok"));
  });
  try {
    const request = plainRequest({ host: "127.0.0.1", port: await portOf(server) });
    limitConnection(request, false, SHORT);
    const response = awaitResponse(request);
    const asked = once(server, "request");
    request.end();
    await asked;
    await vi.advanceTimersByTimeAsync(SHORT);
    answer();
    expect((await response).statusCode).toBe(200);
    request.destroy();
  } finally {
    vi.useRealTimers();
    server.closeAllConnections();
    await server[Symbol.asyncDispose]();
  }
});

const TRANSPORTS: readonly (readonly [name: string, send: (url: string) => Promise<unknown>])[] = [
  ["Compute Engine", (url) => createTransport(1_000, gceAgents(null))(url)],
  [
    "a registry",
    (url) =>
      createHttpTransport().send({
        method: "GET",
        url: new URL(url),
        headers: {},
        addresses: "any",
        trust: { verify: true, ...NO_CERTIFICATES },
        signal: AbortSignal.any([]),
        headMilliseconds: 60_000,
        idleMilliseconds: 60_000,
      }),
  ],
];

it.each(TRANSPORTS)("limits the connections to %s to ten seconds", async (_name, send) => {
  await using hole = await blackHole();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const { promise: connecting, resolve } = Promise.withResolvers<void>();
    setImmediate(resolve);
    const [ended] = await Promise.allSettled([
      send(`http://127.0.0.1:${hole.port}/`),
      connecting.then(() => vi.advanceTimersByTimeAsync(10_000)),
    ]);
    expect(ended).toMatchObject({ status: "rejected", reason: { code: "CONNECT_TIMEOUT" } });
  } finally {
    vi.useRealTimers();
  }
});
