import { describe, expect, it } from "vitest";
import { parseReference, withDigest } from "../../../src/oci/reference.ts";
import {
  buildImage,
  buildLayer,
  startRegistry,
  tinyImage,
  type Fault,
  type TestRegistry,
} from "../../../testing/registry/index.ts";
import { forever, testClient } from "./support/client.ts";
import { startServer } from "./support/http-server.ts";
import type { ServedRequest } from "./support/http-server.ts";

const IMAGE = tinyImage("amd64");
const MEGABYTE = 1024 * 1024;

interface PlayedPart {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Position of the first byte that is sent. */
  readonly from: number;
}

async function configOf(registry: TestRegistry, repository = "team/app") {
  const { reference } = registry.add(repository, "1", IMAGE);
  const { config } = IMAGE;
  const descriptor = { mediaType: config.mediaType, digest: config.digest, size: config.size };
  return { repository: parseReference(reference), descriptor, credential: null, signal: forever };
}

describe("getConfig", () => {
  it("reads a configuration once per repository, even for concurrent callers", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const request = await configOf(registry);
    const many = await Promise.all(Array.from({ length: 10 }, () => client.getConfig(request)));
    const bytes = Buffer.from(IMAGE.config.bytes);
    for (const read of [...many, await client.getConfig(request)]) expect(read).toEqual(bytes);
    expect(registry.requests).toHaveLength(1);
    // A known digest does not prove access in another repository.
    await client.getConfig(await configOf(registry, "team/other"));
    expect(registry.requests).toHaveLength(2);
  });

  it("does not cache a failure", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const request = await configOf(registry);
    const fault = registry.fault({ fault: { kind: "altered" } });
    await expect(client.getConfig(request)).rejects.toThrow(
      expect.objectContaining({ reason: "DIGEST_MISMATCH" }),
    );
    fault.remove();
    expect(await client.getConfig(request)).toHaveLength(request.descriptor.size);
  });

  it("rejects a configuration that is too large, before the request or while reading", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const request = await configOf(registry);
    const descriptor = { ...request.descriptor, size: 4 * MEGABYTE + 1 };
    const tooLarge = expect.objectContaining({ reason: "MANIFEST_TOO_LARGE" });
    await expect(client.getConfig({ ...request, descriptor })).rejects.toThrow(tooLarge);
    expect(registry.requests).toHaveLength(0);
    registry.fault({ fault: { kind: "oversized", bytes: 50 * MEGABYTE, declared: false } });
    await expect(client.getConfig(request)).rejects.toThrow(tooLarge);
    expect(registry.requests[0]?.sentBytes).toBeLessThan(20 * MEGABYTE);
  });

  it("verifies the size in the manifest", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const request = await configOf(registry);
    const descriptor = { ...request.descriptor, size: request.descriptor.size + 1 };
    await expect(client.getConfig({ ...request, descriptor })).rejects.toThrow(
      expect.objectContaining({ reason: "MANIFEST_INVALID" }),
    );
  });

  it("reports that a blob is missing although the manifest names it", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const request = await configOf(registry);
    const digest = `sha256:${"0".repeat(64)}`;
    const descriptor = { ...request.descriptor, digest };
    await expect(client.getConfig({ ...request, descriptor })).rejects.toThrow(
      expect.objectContaining({
        reason: "IMAGE_NOT_FOUND",
        message: expect.stringMatching(`team/app blob ${digest}.*although the manifest names it`),
      }),
    );
  });
});

describe("getBlob", () => {
  const layer = buildLayer([{ type: "file", path: "a", content: "x".repeat(200_000) }], {
    compression: "none",
  });
  const image = buildImage({ platform: { os: "linux", architecture: "amd64" }, layers: [layer] });

  async function read(registry: TestRegistry, size = layer.bytes.length): Promise<number> {
    using client = testClient();
    const { pinned, digest } = registry.add("team/app", null, image);
    const repository = withDigest(parseReference(pinned), digest);
    const descriptor = { mediaType: "application/x", digest: layer.digest, size };
    const request = { repository, descriptor, credential: null, signal: forever };
    let length = 0;
    for await (const chunk of await client.getBlob(request)) length += chunk.length;
    return length;
  }

  it("streams all of it", async () => {
    await using registry = await startRegistry();
    expect(await read(registry)).toBe(layer.bytes.length);
  });

  it.each<[string, Fault, number, string]>([
    ["another content", { kind: "altered" }, 0, "DIGEST_MISMATCH"],
    [
      "more bytes than the manifest states",
      { kind: "headers", headers: {} },
      -1,
      "MANIFEST_INVALID",
    ],
    [
      "fewer bytes than the manifest states",
      { kind: "headers", headers: {} },
      1,
      "MANIFEST_INVALID",
    ],
    [
      "a connection cut in the middle",
      { kind: "reset", afterBytes: 1000 },
      0,
      "REGISTRY_UNAVAILABLE",
    ],
  ])("fails at %s", async (_what, fault, difference, reason) => {
    await using registry = await startRegistry();
    registry.fault({ fault });
    await expect(read(registry, layer.bytes.length + difference)).rejects.toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(layer.digest) }),
    );
  });

  it("goes on where the connection was cut", async () => {
    await using registry = await startRegistry();
    registry.fault({ fault: { kind: "reset", afterBytes: 60_000 }, times: 2 });
    expect(await read(registry)).toBe(layer.bytes.length);
    expect(registry.requests).toHaveLength(3);
    const sent = registry.requests.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    expect(sent).toBeLessThan(layer.bytes.length + 10_000);
  });

  it("gives up after five connections without progress", async () => {
    await using registry = await startRegistry();
    registry.fault({ fault: { kind: "reset", afterBytes: 0 } });
    await expect(read(registry)).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_UNAVAILABLE" }),
    );
    expect(registry.requests).toHaveLength(5);
  });

  /** Plays a registry: `play` answers the requests for the blob, whose first answer ends after this many bytes. */
  async function resumeAt(cut: number, play: (request: ServedRequest) => PlayedPart) {
    await using server = await startServer((request, response) => {
      const {
        status,
        headers = {},
        from,
      } = server.requests.length === 1 ? { status: 200, from: 0 } : play(request);
      response.writeHead(status, { connection: "close", ...headers });
      // A write before the end, so that Node sends no length.
      response.write(layer.bytes.subarray(from, server.requests.length === 1 ? cut : undefined));
      response.end();
    });
    using client = testClient();
    const repository = parseReference(`${server.host}/team/app:1`);
    const { digest, bytes } = layer;
    const descriptor = { mediaType: "application/x", digest, size: bytes.length };
    const request = { repository, descriptor, credential: null, signal: forever };
    const chunks: Uint8Array[] = [];
    for await (const chunk of await client.getBlob(request)) chunks.push(chunk);
    return {
      isWhole: Buffer.concat(chunks).equals(layer.bytes),
      ranges: server.requests.map(({ headers }) => headers.range),
    };
  }
  const whole = layer.bytes.length;

  it("resumes a body without a length that ends early", async () => {
    const part = { "content-range": `bytes 70000-${whole - 1}/${whole}` };
    const play = () => ({ status: 206, headers: part, from: 70_000 });
    expect(await resumeAt(70_000, play)).toEqual({
      isWhole: true,
      ranges: [undefined, "bytes=70000-"],
    });
  });

  it("skips what it has if the registry ignores the range", async () => {
    const play = () => ({ status: 200, from: 0 });
    expect(await resumeAt(70_000, play)).toMatchObject({ isWhole: true });
  });

  it.each([
    ["another part", { status: 206, headers: { "content-range": "bytes 0-9/10" }, from: 0 }],
    ["a part without its place", { status: 206, from: 70_000 }],
  ])("refuses %s", async (_what, part) => {
    await expect(resumeAt(70_000, () => part)).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_PROTOCOL" }),
    );
  });

  it("verifies what it has put together", async () => {
    const part = { "content-range": `bytes 70000-${whole - 1}/${whole}` };
    const play = () => ({ status: 206, headers: part, from: 60_000 });
    await expect(resumeAt(70_000, play)).rejects.toThrow(
      expect.objectContaining({ reason: "MANIFEST_INVALID" }),
    );
  });
});
