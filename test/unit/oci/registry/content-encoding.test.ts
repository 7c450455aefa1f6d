import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { asking, testClient } from "../support/client.ts";
import { errorReply, IMAGE, NAME, PINNED, playHosts } from "../support/public-registry.ts";

const { bytes, digest, mediaType } = IMAGE.manifest;
const HEADERS = { "content-type": mediaType, "docker-content-digest": digest };

function compressed(content: Uint8Array, encoding: string) {
  return playHosts(
    () =>
      new Response(Buffer.from(content), {
        headers: { ...HEADERS, "content-encoding": encoding },
      }),
  );
}

async function read(name: string) {
  using client = testClient({ insecure: () => false });
  return await client.getManifest(asking(name));
}

describe("a manifest with a content encoding that was not asked for", () => {
  it.each(["gzip", "GZIP"])("is read, and its digest verified: %s", async (encoding) => {
    using hosts = compressed(gzipSync(bytes), encoding);
    expect(await read(PINNED)).toMatchObject({ digest, bytes: Buffer.from(bytes) });
    expect(hosts.requests).toHaveLength(1);
    expect((await read(NAME)).digest).toBe(digest);
  });

  it("is read as it is with x-gzip, which Go's clients do not unpack", async () => {
    using hosts = compressed(bytes, "x-gzip");
    expect(await read(PINNED)).toMatchObject({ digest });
    expect(hosts.requests).toHaveLength(1);
  });

  it("is bounded by its unpacked size", async () => {
    using hosts = compressed(gzipSync(Buffer.alloc(64 * 1024 * 1024)), "gzip");
    await expect(read(NAME)).rejects.toThrow(
      expect.objectContaining({ reason: "MANIFEST_TOO_LARGE" }),
    );
    expect(hosts.requests).toHaveLength(1);
  });

  it("must have that encoding", async () => {
    using hosts = compressed(bytes, "gzip");
    await expect(read(NAME)).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_PROTOCOL",
        message: expect.stringContaining("its Content-Encoding does not match its content"),
      }),
    );
    expect(hosts.requests).toHaveLength(1);
  });

  it("may be an error document", async () => {
    const plain = errorReply(412, { errors: [{ code: "POLICY", message: "not signed" }] });
    const body = gzipSync(Buffer.from(await plain.arrayBuffer()));
    const headers = { "content-encoding": "gzip" };
    using hosts = playHosts(() => new Response(Buffer.from(body), { status: 412, headers }));
    await expect(read(NAME)).rejects.toThrow("status 412 (POLICY): not signed");
    expect(hosts.requests).toHaveLength(1);
  });
});
