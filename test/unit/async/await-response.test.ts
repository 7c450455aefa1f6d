import { once } from "node:events";
import { createServer, request as sendRequest } from "node:http";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { awaitResponse } from "../../../src/async/await-response.ts";

it("gives the response, and outlives bytes behind it", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-length": 2 });
    response.end("ok", () => response.socket?.write("and more"));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const request = sendRequest({ host: "127.0.0.1", port });
  const response = awaitResponse(request);
  request.end();
  expect((await response).statusCode).toBe(200);
  const closed = once(request, "close");
  (await response).resume();
  await closed;
  await server[Symbol.asyncDispose]();
});

it("fails with what ended the request", async () => {
  const request = sendRequest({ createConnection: () => new PassThrough() });
  const response = awaitResponse(request);
  request.destroy(new Error("given up"));
  await expect(response).rejects.toThrow("given up");
});

it("fails when the request closes without any other event", async () => {
  const request = sendRequest({ createConnection: () => new PassThrough() });
  const response = awaitResponse(request);
  request.emit("close");
  await expect(response).rejects.toMatchObject({
    code: "ECONNRESET",
    message: "the connection was closed without a response",
  });
  request.destroy();
});
