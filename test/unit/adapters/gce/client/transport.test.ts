import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createTransport, gceAgents } from "../../../../../adapters/gce/client/transport.ts";

const LARGEST = 1_000;
const send = createTransport(LARGEST, gceAgents(null));

let close: () => Promise<void> = () => Promise.resolve();
afterEach(() => close());

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await listening;
  close = async () => {
    server.closeAllConnections();
    await server[Symbol.asyncDispose]();
  };
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

describe("what requests are sent with", () => {
  it("sends method, headers and body as they were made, and keeps the connection", async () => {
    const seen: unknown[] = [];
    const ports = new Set<unknown>();
    const url = await serve((request, response) => {
      const { method, headers, socket } = request;
      ports.add(socket.remotePort);
      let body = "";
      request.on("data", (piece: Buffer) => (body += piece.toString()));
      request.on("end", () => {
        seen.push([method, request.url, headers["authorization"], headers["content-length"], body]);
        response.end("{}");
      });
    });
    const headers = { authorization: "Bearer token" };
    await send(new URL(`${url}/a?b=c`), { method: "POST", headers, body: '"é"' });
    await send(`${url}/d`, { headers });
    expect(seen).toEqual([
      ["POST", "/a?b=c", "Bearer token", "4", '"é"'],
      ["GET", "/d", "Bearer token", undefined, ""],
    ]);
    expect(ports.size).toBe(1);
  });

  it.each([200, 204, 401, 403, 404, 429, 503])("gives a reply of status %s", async (status) => {
    const url = await serve((_request, response) => {
      response.writeHead(status, { "retry-after": "7" }).end(status === 204 ? "" : "document");
    });
    const reply = await send(url);
    expect([reply.status, reply.ok]).toEqual([status, status < 300]);
    expect(reply.headers.get("retry-after")).toBe("7");
    const document = status === 204 ? "" : "document";
    const bytes = status === 200 ? await reply.arrayBuffer() : new Uint8Array();
    expect(new TextDecoder().decode(bytes)).toBe(status === 200 ? document : "");
    expect(await reply.text()).toBe(document);
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const)("unpacks %s, up to the largest reply", async (packing, pack) => {
    let document = "document";
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": packing }).end(pack(document));
    });
    expect(await (await send(url)).text()).toBe("document");
    document = "x".repeat(LARGEST + 1);
    await expect(send(url)).rejects.toThrow(`larger than ${LARGEST} bytes`);
  });

  it("takes no reply that is larger than it may be, whatever it says of its size", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200).write("x".repeat(LARGEST + 1));
    });
    await expect(send(url)).rejects.toThrow(`over ${LARGEST} bytes`);
  });

  it.each([301, 302, 303, 307, 308])("follows no redirect of status %s", async (status) => {
    let asked = 0;
    const url = await serve((request, response) => {
      asked += 1;
      response.writeHead(status, { location: `http://${request.headers.host ?? ""}/other` }).end();
    });
    await expect(send(url)).rejects.toThrow("redirect");
    expect(asked).toBe(1);
  });

  it("rejects with the system's error where no reply comes, or not the whole of it", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/none") request.socket.resetAndDestroy();
      response.writeHead(200, { "content-length": "100" }).write("half", () => {
        request.socket.destroy();
      });
    });
    await expect(send(`${url}/none`)).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(send(`${url}/half`)).rejects.toMatchObject({ code: "ECONNRESET" });
    await close();
    close = () => Promise.resolve();
    await expect(send(url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it.each(["before the reply", "within it"])("stops at the signal, %s", async (when) => {
    const controller = new AbortController();
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const url = await serve((request, response) => {
      request.socket.on("close", resolve);
      if (when === "within it") response.writeHead(200, { "content-length": "100" }).write("half");
      setImmediate(() => controller.abort());
    });
    await expect(send(url, { signal: controller.signal })).rejects.toThrow("aborted");
    await gone;
  });

  it("sends nothing after the signal", async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    await expect(send(url, { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
    expect(asked).toBe(0);
  });
});
