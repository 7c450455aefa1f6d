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

const IMAGE = tinyImage("amd64");
const MEGABYTE = 1024 * 1024;

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
});
