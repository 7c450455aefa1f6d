import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import type { BuiltImage, Content } from "../../src/testing/registry/index.ts";

export interface StallingRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`; plain HTTP, no password, any repository. */
  readonly host: string;
  /** Resolves when a pull is in the middle: half of a layer is sent, the other half never is. */
  readonly stalled: Promise<void>;
  stop(): Promise<void>;
}

/** A registry of one image that never finishes a layer. */
export async function startStallingRegistry(image: BuiltImage): Promise<StallingRegistry> {
  const { promise: stalled, resolve } = Promise.withResolvers<void>();
  const layers = new Set(image.layers.map(({ digest }) => digest));
  const contents = new Map<string, Content>(image.blobs).set(image.manifest.digest, image.manifest);
  const answer: RequestListener = (request, response) => {
    const content = contents.get(request.url?.split("/").at(-1) ?? "");
    if (content === undefined) {
      response.writeHead(request.url === "/v2/" ? 200 : 404).end();
      return;
    }
    const { mediaType, size, digest, bytes } = content;
    response.setHeader("docker-content-digest", digest);
    response.writeHead(200, { "content-type": mediaType, "content-length": size });
    if (request.method !== "HEAD" && layers.has(digest)) {
      response.write(bytes.subarray(0, size / 2), () => resolve());
    } else {
      response.end(request.method === "HEAD" ? undefined : bytes);
    }
  };
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { host: `127.0.0.1:${address.port}`, stalled, stop, [Symbol.asyncDispose]: stop };
}
