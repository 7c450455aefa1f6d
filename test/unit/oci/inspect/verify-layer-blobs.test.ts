import { describe, expect, it } from "vitest";
import { inspectOciImage, verifyLayerBlobs } from "../../../../src/oci/inspect/inspect-image.ts";
import { layerLimits } from "../../../../src/oci/inspect/verify-layer-blobs.ts";
import type { OciInspection } from "../../../../src/oci/inspect/inspection.ts";
import { parseReference } from "../../../../src/oci/reference.ts";
import type { RegistryClient } from "../../../../src/oci/registry/contract.ts";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { sha256Digest } from "../../../../src/oci/digest.ts";
import {
  buildImage,
  buildLayer,
  startRegistry,
  type BuiltLayer,
  type LayerCompression,
  type TestRegistry,
} from "../../../../testing/registry/index.ts";
import { forever, testClient } from "../support/client.ts";

function layer(content: string, compression: LayerCompression = "gzip"): BuiltLayer {
  return buildLayer([{ type: "file", path: "a", content }], { compression });
}

const LAYERS = [layer("one"), layer("two", "zstd"), layer("three", "none")];

async function inspect(registry: TestRegistry, client: RegistryClient, layers = LAYERS) {
  const image = buildImage({ platform: { os: "linux", architecture: "amd64" }, layers });
  const { reference } = registry.add("team/app", "1", image);
  return await inspectOciImage(client, {
    reference: parseReference(reference),
    platform: null,
    credential: null,
    signal: forever,
  });
}

function verify(client: RegistryClient, inspection: OciInspection, signal = forever) {
  return verifyLayerBlobs(client, { inspection, credential: null, signal });
}

describe("verifyLayerBlobs", () => {
  it("verifies layers of every type, fetching each blob once", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const layers = [...LAYERS, layer("one"), ...LAYERS];
    const inspection = await inspect(registry, client, layers);
    const reported: number[] = [];
    const verified = await verifyLayerBlobs(client, {
      inspection,
      credential: null,
      signal: forever,
      concurrency: 2,
      onVerified: ({ index }) => reported.push(index),
    });
    expect(verified).toEqual(
      layers.map(({ digest, diffId, bytes }, index) => ({
        index,
        digest,
        diffId,
        size: bytes.length,
        unpackedSize: 2048,
      })),
    );
    expect(new Set(reported).size).toBe(layers.length);
    // The fourth blob is the configuration.
    expect(registry.requests.filter(({ target }) => target === "blob")).toHaveLength(4);
  });

  it.each([0, 1, 2])("names layer %i if its bytes differ", async (index) => {
    await using registry = await startRegistry();
    using client = testClient();
    const inspection = await inspect(registry, client);
    const digest = LAYERS[index]?.digest ?? "";
    registry.fault({ fault: { kind: "altered" }, reference: digest });
    await expect(verify(client, inspection)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`team/app:1: layer ${index + 1} of 3 (${digest}): `),
        metadata: expect.objectContaining({ layer: index, digest }),
      }),
    );
  });

  it("rejects a layer that unpacks to other content", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const lying = { ...layer("one"), diffId: sha256Digest("another archive") };
    const inspection = await inspect(registry, client, [lying]);
    await expect(verify(client, inspection)).rejects.toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "DIGEST_MISMATCH",
        message: expect.stringContaining("the unpacked layer: the content has the digest"),
      }),
    );
  });

  // https://github.com/bazelbuild/rules_docker/issues/2266
  it.each([
    ["none", "gzip"],
    ["gzip", "none"],
    ["zstd", "gzip"],
  ] as const)("unpacks a layer by its content (%s), not by its type (%s)", async (real, stated) => {
    await using registry = await startRegistry();
    using client = testClient();
    const built = layer("one", real);
    const inspection = await inspect(registry, client, [{ ...built, compression: stated }]);
    expect(await verify(client, inspection)).toMatchObject([{ diffId: built.diffId }]);
  });

  it("rejects a layer that is cut short", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const built = layer("one");
    const bytes = built.bytes.subarray(0, -4);
    const cut = { ...built, bytes, digest: sha256Digest(bytes) };
    await expect(verify(client, await inspect(registry, client, [cut]))).rejects.toThrow(
      expect.objectContaining({
        reason: "IMAGE_INVALID",
        message: expect.stringContaining("not compressed with gzip"),
      }),
    );
  });

  it("limits the unpacked size", async () => {
    using client = testClient();
    await using registry = await startRegistry();
    // Each member unpacks to eight megabytes; the same few kilobytes are repeated.
    const packed = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    const inspection = await inspect(registry, client, [layer("one")]);
    let sent = 0;
    const endless: RegistryClient = {
      ...client,
      getBlob: async () =>
        (async function* () {
          for (;;) {
            sent += 1;
            yield packed;
          }
        })(),
    };
    const request = { inspection, credential: null, signal: forever };
    const limit = 64 * 1024 * 1024;
    await expect(
      verifyLayerBlobs(endless, {
        ...request,
        limits: (size) => ({ ...layerLimits(size), unpackedBytes: limit }),
      }),
    ).rejects.toThrow(
      expect.objectContaining({
        reason: "IMAGE_INVALID",
        message: expect.stringContaining(`unpacks to more than ${limit} bytes`),
      }),
    );
    expect(sent).toBeLessThan(50);
  });

  it("immediately rejects a layer with more frames than real layers have", async () => {
    using client = testClient();
    await using registry = await startRegistry();
    const frame = zstdCompressSync(Buffer.alloc(0));
    const frames = Buffer.concat(Array.from({ length: 100_000 }, () => frame));
    const packed = { ...layer("one", "zstd"), bytes: frames, digest: sha256Digest(frames) };
    const inspection = await inspect(registry, client, [packed]);
    await expect(verify(client, inspection)).rejects.toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "IMAGE_INVALID",
        message: expect.stringContaining(
          `layer 1 of 1 (${packed.digest}): it has more than ${4096 + 900_000 / 32} frames`,
        ),
      }),
    );
  });

  it.each(["zstd", "gzip", "none"] as const)(
    "gives up on a layer that exceeds its time limit (%s)",
    async (compression) => {
      using client = testClient();
      await using registry = await startRegistry();
      const slow = layer("one", compression);
      const inspection = await inspect(registry, client, [slow]);
      // Never released: the silence stays below a blob's silence limit.
      registry.fault({ fault: { kind: "stall", afterBytes: 10 }, target: "blob" });
      const limits = (size: number) => ({ ...layerLimits(size), milliseconds: 50 });
      const request = { inspection, credential: null, signal: forever, limits };
      await expect(verifyLayerBlobs(client, request)).rejects.toThrow(
        expect.objectContaining({
          code: "DEADLINE_EXCEEDED",
          reason: "TIMED_OUT",
          message: expect.stringContaining(
            `layer 1 of 1 (${slow.digest}): it was not fetched and unpacked within 0.05 seconds`,
          ),
        }),
      );
    },
  );

  it("rejects other media types as layers", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const inspection = await inspect(registry, client);
    const layers = inspection.manifest.layers.map((each) => ({
      ...each,
      mediaType: "application/wasm",
    }));
    const manifest = { ...inspection.manifest, layers };
    await expect(verify(client, { ...inspection, manifest })).rejects.toThrow(
      expect.objectContaining({ reason: "MEDIA_TYPE_UNSUPPORTED" }),
    );
  });

  it("keeps the reason of a registry's failure", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const inspection = await inspect(registry, client);
    registry.fault({ fault: { kind: "status", status: 429 }, target: "blob" });
    await expect(verify(client, inspection)).rejects.toThrow(
      expect.objectContaining({
        code: "RESOURCE_EXHAUSTED",
        reason: "REGISTRY_RATE_LIMITED",
        retry: "same-token",
        blastRadius: "credential",
        message: expect.stringMatching(/layer 1 of 3/),
      }),
    );
  });

  it("aborts the other layers after the first failure", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const inspection = await inspect(registry, client);
    const [first, , third] = LAYERS.map((each) => each.digest);
    // Never released: the first layer never arrives.
    registry.fault({ fault: { kind: "stall" }, reference: first ?? "" });
    registry.fault({ fault: { kind: "status", status: 404 }, reference: third ?? "" });
    await expect(verify(client, inspection)).rejects.toThrow(
      expect.objectContaining({ metadata: expect.objectContaining({ layer: 2 }) }),
    );
  });

  it("can be cancelled", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const inspection = await inspect(registry, client);
    const stalled = registry.fault({ fault: { kind: "stall", afterBytes: 10 }, target: "blob" });
    const controller = new AbortController();
    const verifying = verify(client, inspection, controller.signal);
    await stalled.reached;
    controller.abort();
    await expect(verifying).rejects.toThrow(expect.objectContaining({ code: "CANCELLED" }));
  });
});

describe("layerLimits", () => {
  it("grow with the layer, so that a small blob cannot keep its reader busy", () => {
    const minute = 60_000;
    expect(layerLimits(0)).toEqual({
      unpackedBytes: 1024 ** 3,
      frames: 4096,
      milliseconds: 5 * minute,
    });
    expect(layerLimits(64_000_000)).toEqual({
      unpackedBytes: 64_000_000 * 200,
      frames: 4096 + 2_000_000,
      milliseconds: 5 * minute + 1_000_000,
    });
  });
});
