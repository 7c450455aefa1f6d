import { describe, expect, it } from "vitest";
import { chainId } from "../../../../src/oci/image/image-config.ts";
import { inspectOciImage } from "../../../../src/oci/inspect/inspect-image.ts";
import { parsePlatform } from "../../../../src/oci/image/platform.ts";
import { parseReference } from "../../../../src/oci/reference.ts";
import {
  buildImage,
  buildIndex,
  buildLayer,
  startRegistry,
  tinyImage,
  tinyMultiPlatformImage,
  type BuiltImage,
  type BuiltIndex,
  type ImageOptions,
} from "../../../../testing/registry/index.ts";
import { forever, testClient } from "../support/client.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const LAYERS = ["a", "b"].map((path) => buildLayer([{ type: "file", path, content: path }]));

async function inspect(text: string, platform: string | null) {
  using client = testClient();
  return await inspectOciImage(client, {
    reference: parseReference(text),
    platform: platform === null ? null : parsePlatform(platform),
    credential: null,
    signal: forever,
  });
}

/** Serves one image and inspects it. */
async function look(image: BuiltImage | BuiltIndex, platform: string | null = null) {
  await using registry = await startRegistry();
  const { reference } = registry.add("team/app", "1", image);
  return await inspect(reference, platform);
}

function image(options: Partial<ImageOptions> = {}): BuiltImage {
  return buildImage({ platform: AMD64, layers: LAYERS, ...options });
}

describe("inspectOciImage", () => {
  it("reads an index for one platform by three requests", async () => {
    await using registry = await startRegistry();
    const chosen = tinyImage("arm64");
    const index = buildIndex([tinyImage("amd64"), chosen]);
    const { reference, digest } = registry.add("team/app", "1", index);
    const inspection = await inspect(reference, "linux/arm64");
    const diffIds = chosen.layers.map((layer) => layer.diffId);
    expect(inspection).toMatchObject({
      requested: { repository: "team/app", tag: "1" },
      pinned: { registry: registry.host, repository: "team/app", digest: chosen.manifest.digest },
      floating: true,
      indexDigest: digest,
      manifestDigest: chosen.manifest.digest,
      platform: { os: "linux", architecture: "arm64", variant: "v8" },
      imageId: chosen.config.digest,
      diffIds,
      config: { architecture: "arm64", config: { Entrypoint: ["/machine"] } },
    });
    expect(inspection.pinned).not.toHaveProperty("tag");
    expect(inspection.chainIds.at(-1)).toBe(chainId(diffIds));
    const packed = chosen.layers.reduce((sum, layer) => sum + layer.bytes.length, 0);
    expect(inspection.size).toBe(packed + chosen.config.size + chosen.manifest.size);
    expect(registry.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "GET manifest",
      "GET manifest",
      "GET blob",
    ]);
  });

  it.each(["oci", "docker"] as const)(
    "reads a manifest by digest by two requests (%s)",
    async (mediaTypes) => {
      await using registry = await startRegistry();
      const { pinned, digest } = registry.add("team/app", null, image({ mediaTypes }));
      const inspection = await inspect(pinned, "linux/amd64");
      expect(inspection).toMatchObject({
        floating: false,
        indexDigest: null,
        manifestDigest: digest,
        platform: AMD64,
      });
      expect(registry.requests).toHaveLength(2);
    },
  );

  it("defaults to the only platform", async () => {
    expect(await look(tinyImage("arm64"))).toMatchObject({ platform: { architecture: "arm64" } });
    expect(await look(buildIndex([tinyImage("arm64")]))).toMatchObject({
      platform: { architecture: "arm64" },
    });
    await expect(look(tinyMultiPlatformImage())).rejects.toThrow(
      expect.objectContaining({
        reason: "PLATFORM_NOT_FOUND",
        message: expect.stringContaining("several platforms: linux/amd64, linux/arm64/v8"),
      }),
    );
  });

  it.each([
    ["an index", tinyMultiPlatformImage(), "linux/amd64, linux/arm64/v8"],
    ["a manifest", tinyImage("amd64"), "linux/amd64"],
  ])("lists the available platforms of %s", async (_what, built, available) => {
    await expect(look(built, "linux/s390x")).rejects.toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "PLATFORM_NOT_FOUND",
        blastRadius: "image",
        message: expect.stringMatching(`team/app:1: .*linux/s390x; available: ${available}$`),
      }),
    );
  });

  it("trusts the configuration, not the index", async () => {
    const lying = image({ overrides: { config: { architecture: "arm64" } } });
    await expect(look(buildIndex([lying]), "linux/amd64")).rejects.toThrow(
      expect.objectContaining({
        reason: "ARCHITECTURE_MISMATCH",
        message: expect.stringContaining(
          "lists the image as linux/amd64, its configuration says linux/arm64",
        ),
      }),
    );
    await expect(look(lying, "linux/amd64")).rejects.toThrow(
      expect.objectContaining({ reason: "PLATFORM_NOT_FOUND" }),
    );
  });

  it("accepts a configuration that omits the variant", async () => {
    const bare = image({ platform: { os: "linux", architecture: "arm64" } });
    expect(await look(bare, "linux/arm64/v8")).toMatchObject({
      platform: { architecture: "arm64" },
    });
  });

  it.each<[string, Partial<ImageOptions>, string, string]>([
    ["no rootfs", { overrides: { config: { rootfs: null } } }, "IMAGE_CONFIG_INVALID", "rootfs"],
    [
      "a bad configuration",
      { config: { Env: { A: "b" } } },
      "IMAGE_CONFIG_INVALID",
      "config.Env: not an array",
    ],
    [
      "a different number of DiffIDs",
      { overrides: { config: { rootfs: { type: "layers", diff_ids: [] } } } },
      "LAYERS_MISMATCH",
      "2 layers, the configuration 0",
    ],
    [
      "schema 1",
      { overrides: { manifest: { schemaVersion: 1 } } },
      "MEDIA_TYPE_UNSUPPORTED",
      "schema 1",
    ],
    [
      "two kinds at once",
      { overrides: { manifest: { manifests: [] } } },
      "MANIFEST_INVALID",
      "at once",
    ],
  ])("rejects an image with %s, and names it", async (_what, options, reason, why) => {
    await expect(look(image(options))).rejects.toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason,
        blastRadius: "image",
        message: expect.stringMatching(/^127\.0\.0\.1:\d+\/team\/app:1: /),
        metadata: expect.objectContaining({ reference: expect.stringContaining("team/app:1") }),
      }),
    );
    await expect(look(image(options))).rejects.toThrow(why);
  });

  it("rejects an index that is listed as a manifest", async () => {
    await using registry = await startRegistry();
    const inner = buildIndex([image()]);
    registry.add("team/app", null, inner);
    const { mediaType, digest, size } = inner.manifest;
    const listed = {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest,
      size,
      platform: AMD64,
    };
    expect(mediaType).not.toBe(listed.mediaType);
    const bytes = new TextEncoder().encode(
      JSON.stringify({ schemaVersion: 2, manifests: [listed] }),
    );
    using client = testClient();
    const outer = { digest: `sha256:${"0".repeat(64)}`, bytes };
    const lying = {
      ...client,
      getManifest: async (request: Parameters<typeof client.getManifest>[0]) =>
        request.reference.digest === undefined
          ? {
              ...outer,
              manifest: {
                kind: "index" as const,
                mediaType,
                manifests: [{ ...listed, annotations: {} }],
                findings: [],
              },
            }
          : await client.getManifest(request),
    };
    await expect(
      inspectOciImage(lying, {
        reference: parseReference(`${registry.host}/team/app:1`),
        platform: AMD64,
        credential: null,
        signal: forever,
      }),
    ).rejects.toThrow("as a manifest, but it is an index");
  });
});
