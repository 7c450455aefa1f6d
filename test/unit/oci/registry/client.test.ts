import { describe, expect, it } from "vitest";
import {
  startRegistry,
  tinyImage,
  tinyMultiPlatformImage,
  type Fault,
  type TestRegistry,
} from "../../../../testing/registry/index.ts";
import { asking, password, testClient } from "../support/client.ts";
import { startServer } from "../support/http-server.ts";

const IMAGE = tinyImage("amd64");
const MEGABYTE = 1024 * 1024;

/** The requests since the recording started. */
function asked(registry: TestRegistry): readonly string[] {
  return registry.requests.map(
    ({ method, target, reference }) => `${method} ${target} ${reference}`,
  );
}

describe("getManifest", () => {
  it("reads a manifest by tag and by digest, each by one request", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference, pinned, digest } = registry.add("team/app", "1", IMAGE);
    const byTag = await client.getManifest(asking(reference));
    expect(byTag).toMatchObject({ digest, manifest: { kind: "manifest" } });
    expect(byTag.bytes).toEqual(Buffer.from(IMAGE.manifest.bytes));
    expect(await testClient().getManifest(asking(pinned))).toMatchObject({ digest });
    expect(asked(registry)).toEqual(["GET manifest 1", `GET manifest ${digest}`]);
  });

  it("reads an index", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference } = registry.add("team/app", "1", tinyMultiPlatformImage());
    const { manifest } = await client.getManifest(asking(reference));
    expect(manifest).toMatchObject({
      kind: "index",
      manifests: [
        { platform: { os: "linux", architecture: "amd64" } },
        { platform: { os: "linux", architecture: "arm64" } },
      ],
    });
  });

  it("requests the digest if the reference has a tag too", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference, digest } = registry.add("team/app", "1", IMAGE);
    await client.getManifest(asking(`${reference}@${digest}`));
    expect(asked(registry)).toEqual([`GET manifest ${digest}`]);
  });

  it("asks the registry again, with this caller's credential, for a cached manifest", async () => {
    await using registry = await startRegistry({
      auth: { kind: "basic", users: { alice: "a", bob: { password: "b", pull: [] } } },
    });
    using client = testClient();
    const { pinned, digest } = registry.add("team/app", null, IMAGE);
    const alice = password("alice", "a");
    const first = await client.getManifest(asking(pinned, alice));
    expect(await client.getManifest(asking(pinned, alice))).toBe(first);
    expect(asked(registry).slice(2)).toEqual([`HEAD manifest ${digest}`]);
    for (const credential of [null, password("alice", "wrong"), password("bob", "b")])
      await expect(client.getManifest(asking(pinned, credential))).rejects.toThrow(
        expect.objectContaining({ blastRadius: "credential" }),
      );
  });

  it.each<[string, Fault, string]>([
    ["another content than its digest", { kind: "altered" }, "DIGEST_MISMATCH"],
    [
      "another digest in its header",
      { kind: "headers", headers: { "Docker-Content-Digest": `sha256:${"0".repeat(64)}` } },
      "DIGEST_MISMATCH",
    ],
    [
      "no digest in its header",
      { kind: "headers", headers: { "Docker-Content-Digest": "x" } },
      "REGISTRY_PROTOCOL",
    ],
    [
      "another media type in its header",
      { kind: "headers", headers: { "Content-Type": "text/html" } },
      "MEDIA_TYPE_UNSUPPORTED",
    ],
    [
      "an index's media type in its header",
      { kind: "headers", headers: { "Content-Type": "application/vnd.oci.image.index.v1+json" } },
      "MANIFEST_INVALID",
    ],
    ["50 MB, announced", { kind: "oversized", bytes: 50 * MEGABYTE }, "MANIFEST_TOO_LARGE"],
    [
      "50 MB, unannounced",
      { kind: "oversized", bytes: 50 * MEGABYTE, declared: false },
      "MANIFEST_TOO_LARGE",
    ],
  ])("refuses %s", async (_what, fault, reason) => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference, pinned } = registry.add("team/app", "1", IMAGE);
    registry.fault({ fault, target: "manifest" });
    for (const name of [reference, pinned])
      await expect(client.getManifest(asking(name))).rejects.toThrow(
        expect.objectContaining({ reason, message: expect.stringContaining(name) }),
      );
    // A body that is too large is not read to its end.
    for (const { sentBytes } of registry.requests) expect(sentBytes).toBeLessThan(20 * MEGABYTE);
  });

  it("computes the digest from the content if there is no header", async () => {
    const { mediaType, bytes, digest } = IMAGE.manifest;
    await using server = await startServer((_request, response) => {
      response.writeHead(200, { "content-type": mediaType }).end(bytes);
    });
    using client = testClient();
    expect(await client.getManifest(asking(`${server.host}/a:1`))).toMatchObject({ digest });
    expect(await client.headManifest(asking(`${server.host}/a:1`))).toEqual({ digest, mediaType });
    expect(server.requests.map(({ method }) => method)).toEqual(["GET", "HEAD", "GET"]);
  });

  it("verifies the content against the reference's digest if there is no header", async () => {
    const { mediaType, bytes } = IMAGE.manifest;
    await using server = await startServer((_request, response) => {
      response.writeHead(200, { "content-type": mediaType }).end(bytes);
    });
    using client = testClient();
    const reference = `${server.host}/a@sha256:${"0".repeat(64)}`;
    await expect(client.getManifest(asking(reference))).rejects.toThrow(
      expect.objectContaining({ reason: "DIGEST_MISMATCH" }),
    );
  });

  it("does not wait for a body that is announced as too large", async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(200, { "content-length": String(50 * MEGABYTE) });
      response.flushHeaders();
    });
    using client = testClient();
    await expect(client.getManifest(asking(`${server.host}/a:1`))).rejects.toThrow(
      expect.objectContaining({
        reason: "MANIFEST_TOO_LARGE",
        message: expect.stringContaining("larger than 4194304 bytes"),
      }),
    );
  });

  it.each([
    ["a tag", "team/app:2"],
    ["a digest", `team/app@sha256:${"0".repeat(64)}`],
    ["a repository", "team/other:1"],
  ])("reports that there is no such image: %s", async (_what, name) => {
    await using registry = await startRegistry();
    using client = testClient();
    registry.add("team/app", "1", IMAGE);
    const reference = `${registry.host}/${name}`;
    const missing = {
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
      blastRadius: "image",
      retry: "never",
      message: expect.stringContaining(reference),
      remedy: expect.stringContaining("private repository"),
      metadata: expect.objectContaining({ registry: registry.host, status: 404 }),
    };
    await expect(client.getManifest(asking(reference))).rejects.toThrow(
      expect.objectContaining(missing),
    );
    await expect(client.headManifest(asking(reference))).rejects.toThrow(
      expect.objectContaining({ reason: "IMAGE_NOT_FOUND" }),
    );
  });
});

describe("headManifest", () => {
  it("takes one request and reads no body", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference, pinned, digest } = registry.add("team/app", "1", IMAGE);
    const { mediaType } = IMAGE.manifest;
    expect(await client.headManifest(asking(reference))).toEqual({ digest, mediaType });
    expect(await client.headManifest(asking(pinned))).toEqual({ digest, mediaType });
    expect(asked(registry)).toEqual(["HEAD manifest 1", `HEAD manifest ${digest}`]);
  });

  it("rejects a header with another digest than the requested one", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const { pinned } = registry.add("team/app", "1", IMAGE);
    const headers = { "Docker-Content-Digest": `sha256:${"0".repeat(64)}` };
    registry.fault({ fault: { kind: "headers", headers } });
    await expect(client.headManifest(asking(pinned))).rejects.toThrow(
      expect.objectContaining({ reason: "DIGEST_MISMATCH" }),
    );
  });

  it.each([
    ["of another algorithm", { "Docker-Content-Digest": `sha512:${"0".repeat(128)}` }],
    ["without a type", { "Content-Type": "application/json" }],
  ])("reads the manifest itself if the head proves nothing: %s", async (_what, headers) => {
    await using registry = await startRegistry();
    using client = testClient();
    const { pinned, digest } = registry.add("team/app", "1", IMAGE);
    registry.fault({ fault: { kind: "headers", headers }, methods: ["HEAD"] });
    expect(await client.headManifest(asking(pinned))).toMatchObject({ digest });
    expect(asked(registry)).toEqual([`HEAD manifest ${digest}`, `GET manifest ${digest}`]);
  });
});
