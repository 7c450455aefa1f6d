import { createHash } from "node:crypto";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseImageConfig, verifyLayers } from "../../../../src/oci/image/image-config.ts";
import { parseManifest } from "../../../../src/oci/image/manifest.ts";
import {
  type BuiltImage,
  MEDIA_TYPES,
  buildImage,
  buildIndex,
  buildLayer,
} from "../../../../testing/registry/index.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const ARM64 = { os: "linux", architecture: "arm64", variant: "v8" };

const lower = buildLayer([{ type: "file", path: "a", content: "a" }]);
const upper = buildLayer([{ type: "file", path: "b", content: "b" }], { compression: "zstd" });

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function manifestOf(image: BuiltImage) {
  const manifest = parseManifest(image.manifest.bytes, image.manifest.mediaType);
  if (manifest.kind !== "manifest") throw new Error("not a manifest");
  return manifest;
}

describe("buildLayer", () => {
  it("computes the digest of the stored bytes and the DiffID of the archive", () => {
    const plain = buildLayer([{ type: "file", path: "a", content: "a" }], { compression: "none" });
    expect(plain.digest).toBe(plain.diffId);
    expect(lower.diffId).toBe(plain.diffId);
    expect(lower.digest).toBe(sha256(lower.bytes));
    expect(sha256(gunzipSync(lower.bytes))).toBe(lower.diffId);
    expect(sha256(zstdDecompressSync(upper.bytes))).toBe(upper.diffId);
  });

  it("returns the same bytes for the same entries", () => {
    expect(buildLayer([{ type: "file", path: "a", content: "a" }])).toEqual(lower);
  });
});

describe("buildImage", () => {
  it.each(["oci", "docker"] as const)("builds a valid %s image", (mediaTypes) => {
    const image = buildImage({ platform: ARM64, layers: [lower, upper], mediaTypes });
    const manifest = manifestOf(image);
    const config = parseImageConfig(image.config.bytes);
    expect(() => verifyLayers(manifest, config)).not.toThrow();
    expect(config).toMatchObject({
      ...ARM64,
      config: { WorkingDir: "/" },
      rootfs: { type: "layers", diff_ids: [lower.diffId, upper.diffId] },
    });
    expect(config.history).toHaveLength(2);
    const names = MEDIA_TYPES[mediaTypes];
    expect(manifest.mediaType).toBe(names.manifest);
    expect(manifest.config).toEqual({
      mediaType: names.config,
      digest: sha256(image.config.bytes),
      size: image.config.bytes.byteLength,
    });
    expect(manifest.layers.map((layer) => layer.mediaType)).toEqual([
      names.layer.gzip,
      names.layer.zstd,
    ]);
  });

  it("contains every blob that the manifest refers to, and no other", () => {
    const image = buildImage({ platform: AMD64, layers: [lower, upper] });
    const manifest = manifestOf(image);
    const named = [manifest.config, ...manifest.layers];
    expect([...image.blobs.keys()]).toEqual(named.map((one) => one.digest));
    for (const { digest, size } of named) {
      const blob = image.blobs.get(digest);
      expect(blob?.bytes.byteLength).toBe(size);
      expect(sha256(blob?.bytes ?? new Uint8Array())).toBe(digest);
    }
  });

  it("is the same on every build and differs if any field differs", () => {
    const options = { platform: AMD64, layers: [lower] };
    const { digest } = buildImage(options).manifest;
    expect(buildImage(options).manifest.digest).toBe(digest);
    expect(buildImage({ ...options, config: { User: "alice" } }).manifest.digest).not.toBe(digest);
  });

  it("applies overrides that violate the specification, with correct digests", () => {
    const image = buildImage({
      platform: AMD64,
      layers: [lower],
      overrides: {
        config: { rootfs: { type: "snapshots", diff_ids: [] }, os: undefined },
        manifest: { schemaVersion: 3 },
      },
    });
    const manifest: unknown = JSON.parse(textOf(image.manifest.bytes));
    expect(manifest).toMatchObject({ schemaVersion: 3, config: { digest: image.config.digest } });
    const config: unknown = JSON.parse(textOf(image.config.bytes));
    expect(config).toMatchObject({ rootfs: { type: "snapshots", diff_ids: [] } });
    expect(config).not.toHaveProperty("os");
    expect(() => parseImageConfig(image.config.bytes)).toThrow(
      expect.objectContaining({ reason: "IMAGE_CONFIG_INVALID" }),
    );
  });

  it("writes a null config as null and omits a null history", () => {
    const image = buildImage({ platform: AMD64, layers: [], config: null, history: null });
    const config: unknown = JSON.parse(textOf(image.config.bytes));
    expect(config).toMatchObject({ config: null });
    expect(config).not.toHaveProperty("history");
  });
});

describe("buildIndex", () => {
  it.each(["oci", "docker"] as const)(
    "lists its images by platform in a valid %s index",
    (mediaTypes) => {
      const images = [AMD64, ARM64].map((platform) =>
        buildImage({ platform, layers: [lower], mediaTypes }),
      );
      const { manifest } = buildIndex(images);
      expect(manifest.digest).toBe(sha256(manifest.bytes));
      expect(parseManifest(manifest.bytes, manifest.mediaType)).toEqual({
        kind: "index",
        mediaType: MEDIA_TYPES[mediaTypes].index,
        manifests: images.map((image) => ({
          mediaType: image.manifest.mediaType,
          digest: image.manifest.digest,
          size: image.manifest.size,
          platform: image.platform,
          annotations: {},
        })),
        findings: [],
      });
    },
  );

  it("applies overrides to the document", () => {
    const { manifest } = buildIndex([], { overrides: { schemaVersion: 1, mediaType: undefined } });
    expect(textOf(manifest.bytes)).toBe('{"schemaVersion":1,"manifests":[]}');
  });
});
