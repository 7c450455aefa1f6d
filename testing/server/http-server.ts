/** HTTP helpers that all servers of the test kit share. */
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { SlipwayError } from "../../src/errors.ts";

/** Where a server listens. */
export interface ListeningOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** A loopback address. Default 127.0.0.1. */
  readonly address?: string;
}

/** The whole body, or null if it exceeds the bound. The rest is read as well, so that the client reads the answer. */
export async function readBody(
  request: IncomingMessage,
  maximum: number,
): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.byteLength;
    if (size <= maximum) chunks.push(chunk);
  }
  return size > maximum ? null : new Uint8Array(Buffer.concat(chunks));
}

/** Resolves when the response is closed; unlike `once` of `node:events` it never rejects. */
export function responseClosed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.once("close", () => resolve()));
}

/** Listens and returns the port. Port 0 selects any free port. */
export async function listen(server: Server, address: string, port: number): Promise<number> {
  server.listen(port, address);
  await once(server, "listening").catch((cause: unknown): never => {
    throw new SlipwayError({
      code: "UNAVAILABLE",
      reason: "PORT_UNAVAILABLE",
      message: `cannot listen on ${address}:${port}: ${whyRefused(cause)}`,
      remedy: "Choose another port, or 0 for any free one.",
      cause,
    });
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string")
    throw new SlipwayError({
      code: "INTERNAL",
      reason: "INTERNAL",
      message: `the server does not listen on ${address}:${port}`,
    });
  return bound.port;
}

function whyRefused(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const isInUse = "code" in cause && cause.code === "EADDRINUSE";
  return isInUse ? "the port is in use (EADDRINUSE)" : cause.message;
}

/** Stops listening and closes every connection, including stalled ones. */
export async function stopServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const stopped = once(server, "close");
  server.close();
  server.closeAllConnections();
  await stopped;
}
