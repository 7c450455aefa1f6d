import { describe, expect, it } from "vitest";
import { inspectOciImage } from "../../../../src/oci/inspect/inspect-image.ts";
import { parsePlatform } from "../../../../src/oci/image/platform.ts";
import { parseReference } from "../../../../src/oci/reference.ts";
import {
  type BuiltImage,
  type BuiltIndex,
  buildImage,
  buildIndex,
  startRegistry,
  type TestRegistry,
  tinyImage,
} from "../../../../testing/registry/index.ts";
import { forever, testClient } from "../support/client.ts";

const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const TINY = { amd64: tinyImage("amd64"), arm64: tinyImage("arm64") };

async function inspect(reference: string, platform: string | null = "linux/amd64") {
  using client = testClient();
  return await inspectOciImage(client, {
    reference: parseReference(reference),
    platform: platform === null ? null : parsePlatform(platform),
    credential: null,
    signal: forever,
  });
}

/** An entry of an index, as the built document would list it. */
function entry(listed: BuiltImage | BuiltIndex, members: object = {}) {
  const { mediaType, digest, size } = listed.manifest;
  return { mediaType, digest, size, ...members };
}

/** An index with these entries, which are stored beside it. */
function indexOf(
  registry: TestRegistry,
  stored: readonly (BuiltImage | BuiltIndex)[],
  manifests: readonly object[],
): BuiltIndex {
  for (const image of stored) registry.add("team/app", null, image);
  const images = stored.filter((image) => image.kind === "image");
  return buildIndex(images, { overrides: { manifests: JSON.parse(JSON.stringify(manifests)) } });
}

/** The tiny image with another type of configuration. */
function artifactOf(mediaType: string): BuiltImage {
  const { layers, platform, manifest } = TINY.amd64;
  const document = JSON.parse(Buffer.from(manifest.bytes).toString("utf8"));
  const overrides = { manifest: { config: { ...document.config, mediaType } } };
  return buildImage({ platform, layers, overrides });
}

/** The tiny image with another configuration. */
function odd(config: object): BuiltImage {
  const { layers, platform } = TINY.amd64;
  const overrides = { config: { config: { Entrypoint: ["/machine"] }, ...config } };
  return buildImage({ platform, layers, overrides: JSON.parse(JSON.stringify(overrides)) });
}

describe("a nested index", () => {
  // https://github.com/apptainer/apptainer/issues/2905
  it.each(["amd64", "arm64"] as const)("leads to the image of linux/%s", async (architecture) => {
    await using registry = await startRegistry();
    const inner = [TINY.amd64, TINY.arm64].map((image) =>
      indexOf(
        registry,
        [image],
        [
          entry(TINY.amd64, {
            platform: { os: "unknown", architecture: "unknown" },
            digest: `sha256:${"0".repeat(64)}`,
          }),
          entry(image, { platform: image.platform }),
        ],
      ),
    );
    const manifests = inner.map((index, at) =>
      entry(index, { platform: [TINY.amd64, TINY.arm64][at]?.platform }),
    );
    const outer = indexOf(registry, inner, manifests);
    const { reference, digest } = registry.add("team/app", "1", outer);
    expect(await inspect(reference, `linux/${architecture}`)).toMatchObject({
      indexDigest: digest,
      manifestDigest: TINY[architecture].manifest.digest,
      platform: { architecture },
      findings: [],
    });
    await expect(inspect(reference, "linux/s390x")).rejects.toThrow(
      "no platform linux/s390x; available: linux/amd64, linux/arm64/v8",
    );
  });

  it("is searched for its platforms if the outer index states none", async () => {
    await using registry = await startRegistry();
    const inner = [TINY.arm64, TINY.amd64].map((image) => buildIndex([image]));
    const outer = indexOf(
      registry,
      inner,
      inner.map((index) => entry(index)),
    );
    const { reference } = registry.add("team/app", "1", outer);
    expect(await inspect(reference)).toMatchObject({
      manifestDigest: TINY.amd64.manifest.digest,
    });
    await expect(inspect(reference, "linux/s390x")).rejects.toThrow(
      "available: linux/arm64/v8, linux/amd64",
    );
  });

  it("is followed to four levels", async () => {
    await using registry = await startRegistry();
    let index = buildIndex([TINY.amd64]);
    registry.add("team/app", null, TINY.amd64);
    for (let level = 2; level <= 5; level += 1) {
      const { reference } = registry.add("team/app", `l${level - 1}`, index);
      expect(await inspect(reference)).toMatchObject({ platform: { architecture: "amd64" } });
      index = indexOf(registry, [index], [entry(index)]);
    }
    const { reference } = registry.add("team/app", "l5", index);
    await expect(inspect(reference)).rejects.toThrow(
      expect.objectContaining({
        reason: "MANIFEST_INVALID",
        message: expect.stringContaining("nested more than 4 levels"),
      }),
    );
  });

  it("is searched through a bounded number of documents", async () => {
    await using registry = await startRegistry();
    const inner = buildIndex([TINY.arm64]);
    const many = Array.from({ length: 40 }, () => entry(inner));
    const { reference } = registry.add("team/app", "1", indexOf(registry, [inner], many));
    await expect(inspect(reference)).rejects.toThrow("more than 16 documents");
    expect(registry.requests.length).toBeLessThan(40);
  });

  it.each([
    ["another size", { size: 1 }, "with 1 bytes, but it has"],
    ["the type of an index", { mediaType: OCI_INDEX }, "as an index, but it is a manifest"],
  ])("is refused if it lists a manifest with %s", async (_what, members, why) => {
    await using registry = await startRegistry();
    const listed = entry(TINY.amd64, { platform: TINY.amd64.platform, ...members });
    const { reference } = registry.add("team/app", "1", indexOf(registry, [TINY.amd64], [listed]));
    await expect(inspect(reference)).rejects.toThrow(
      expect.objectContaining({
        reason: "MANIFEST_INVALID",
        message: expect.stringContaining(why),
      }),
    );
  });
});

describe("an index's entries", () => {
  it("without a platform have that of their configuration", async () => {
    await using registry = await startRegistry();
    const images = [TINY.arm64, TINY.amd64];
    const listed = images.map((image) => entry(image, { platform: null }));
    const { reference } = registry.add("team/app", "1", indexOf(registry, images, listed));
    expect(await inspect(reference)).toMatchObject({
      manifestDigest: TINY.amd64.manifest.digest,
    });
    await expect(inspect(reference, "linux/s390x")).rejects.toThrow(
      "available: linux/arm64/v8, linux/amd64",
    );
  });

  it("with other spellings of the platform are the same", async () => {
    await using registry = await startRegistry();
    const platform = { os: "Linux", architecture: "x86_64", variant: "" };
    const listed = [entry(TINY.amd64, { platform })];
    const { reference } = registry.add("team/app", "1", indexOf(registry, [TINY.amd64], listed));
    expect(await inspect(reference)).toMatchObject({
      platform: { os: "linux", architecture: "amd64" },
    });
  });

  it("of a newer variant are taken if there is no other, with a finding", async () => {
    await using registry = await startRegistry();
    const platform = { os: "linux", architecture: "amd64", variant: "v3" };
    const listed = [entry(TINY.amd64, { platform })];
    const { reference } = registry.add("team/app", "1", indexOf(registry, [TINY.amd64], listed));
    expect((await inspect(reference)).findings).toEqual([
      expect.objectContaining({
        subject: "platform",
        message: expect.stringContaining("linux/amd64/v3"),
        obstacle: null,
      }),
    ]);
  });

  // https://github.com/bazel-contrib/rules_img/pull/742
  it.each([
    ["by their type", { platform: TINY.amd64.platform, artifactType: "application/x-contents" }],
    ["by their configuration, if no platform is listed", {}],
  ])("that are artifacts of the image give way to it, known %s", async (_how, members) => {
    await using registry = await startRegistry();
    const artifact = artifactOf("application/vnd.oci.empty.v1+json");
    const platform = "platform" in members ? { platform: TINY.amd64.platform } : {};
    const listed = [entry(artifact, members), entry(TINY.amd64, platform)];
    const index = indexOf(registry, [artifact, TINY.amd64], listed);
    expect(await inspect(registry.add("team/app", "1", index).reference)).toMatchObject({
      manifestDigest: TINY.amd64.manifest.digest,
    });
    const alone = indexOf(registry, [artifact], listed.slice(0, 1));
    await expect(inspect(registry.add("team/app", "2", alone).reference)).rejects.toThrow(
      expect.objectContaining({
        reason: "MEDIA_TYPE_UNSUPPORTED",
        message: expect.stringContaining("application/vnd.oci.empty.v1+json"),
      }),
    );
  });

  it("for the platform that are not images are not replaced by another entry", async () => {
    await using registry = await startRegistry();
    const artifact = artifactOf("application/vnd.cncf.helm.config.v1+json");
    const { platform } = TINY.amd64;
    const listed = [entry(artifact, { platform }), entry(TINY.amd64, { platform })];
    const index = indexOf(registry, [artifact, TINY.amd64], listed);
    await expect(inspect(registry.add("team/app", "1", index).reference)).rejects.toThrow("helm");
  });

  it.each([
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
  ])("whose artifact type is that of a configuration (%s) are images", async (artifactType) => {
    await using registry = await startRegistry();
    const newer = { ...TINY.amd64.platform, variant: "v3" };
    const other = odd({ variant: "v3" });
    const listed = [
      entry(TINY.amd64, { platform: TINY.amd64.platform, artifactType }),
      entry(other, { platform: newer }),
    ];
    const index = indexOf(registry, [TINY.amd64, other], listed);
    expect(await inspect(registry.add("team/app", "1", index).reference)).toMatchObject({
      manifestDigest: TINY.amd64.manifest.digest,
    });
  });

  // https://github.com/teleproxy/teleproxy/issues/49
  it("that were deleted are reported as the index's fault", async () => {
    await using registry = await startRegistry();
    const gone = odd({ author: "gone" });
    const index = buildIndex([], {
      overrides: JSON.parse(
        JSON.stringify({ manifests: [entry(gone, { platform: gone.platform })] }),
      ),
    });
    const { reference } = registry.add("team/app", "1", index);
    const failure: unknown = await inspect(reference).catch((caught: unknown) => caught);
    expect(failure).toMatchObject({
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
      message: expect.stringMatching(
        new RegExp(
          `^${reference}: the index lists the manifest ${gone.manifest.digest}, which the registry does not have: `,
        ),
      ),
      remedy: expect.stringContaining("Push the image again for all its platforms."),
    });
    expect(failure).toMatchObject({ metadata: { status: 404 } });
  });

  it("that are artifacts are passed over", async () => {
    await using registry = await startRegistry();
    const listed = [
      entry(TINY.arm64, { mediaType: "application/vnd.dev.cosign.simplesigning.v1+json" }),
      entry(TINY.amd64, { platform: TINY.amd64.platform, artifactType: "application/x" }),
    ];
    const { reference } = registry.add("team/app", "1", indexOf(registry, [TINY.amd64], listed));
    expect(await inspect(reference)).toMatchObject({
      manifestDigest: TINY.amd64.manifest.digest,
    });
  });
});

describe("a configuration's platform", () => {
  // https://github.com/grafana/alloy/issues/5378
  it.each([
    ["is empty", { architecture: "", os: "" }],
    ["is null", { architecture: null, os: null }],
  ])("that %s is the index's, and is not stated", async (_what, config) => {
    await using registry = await startRegistry();
    const image = odd(config);
    const { reference } = registry.add("team/app", "1", buildIndex([image]));
    const single = registry.add("team/single", "1", image).reference;
    for (const named of [reference, single])
      expect(await inspect(named)).toMatchObject({
        platform: { os: "linux", architecture: "amd64" },
        statesPlatform: false,
      });
  });

  it("may be spelled as uname spells it", async () => {
    await using registry = await startRegistry();
    const { reference } = registry.add("team/app", "1", odd({ architecture: "x86_64" }));
    expect(await inspect(reference)).toMatchObject({
      platform: { os: "linux", architecture: "amd64" },
      statesPlatform: true,
      findings: [],
    });
  });

  it("of another operating system is not that of Linux", async () => {
    await using registry = await startRegistry();
    const { reference } = registry.add("team/app", "1", odd({ os: "windows" }));
    await expect(inspect(reference)).rejects.toThrow("available: windows/amd64");
  });

  it("of an earlier variant answers a request that names a newer one", async () => {
    await using registry = await startRegistry();
    const { reference } = registry.add("team/app", "1", TINY.amd64);
    expect((await inspect(reference, "linux/amd64/v3")).findings).toEqual([]);
  });

  it("of a newer variant does not answer a request that names an earlier one", async () => {
    await using registry = await startRegistry();
    const { reference } = registry.add("team/app", "1", odd({ variant: "v3" }));
    expect((await inspect(reference)).findings).toHaveLength(1);
    await expect(inspect(reference, "linux/amd64/v2")).rejects.toThrow("available: linux/amd64/v3");
  });
});

it("the findings of every document are reported together", async () => {
  await using registry = await startRegistry();
  const { layers, platform } = TINY.amd64;
  const image = buildImage({
    platform,
    layers,
    config: { Entrypoint: ["/machine"], ExposedPorts: { "1-2/tcp": {} } },
    overrides: { manifest: { schemaVersion: 3 } },
  });
  const index = buildIndex([image], { overrides: { schemaVersion: 4 } });
  const { reference } = registry.add("team/app", "1", index);
  const { findings } = await inspect(reference);
  expect(findings.map(({ message }) => message)).toEqual([
    expect.stringContaining("is 4, not 2"),
    expect.stringContaining("is 3, not 2"),
    expect.stringContaining("1-2/tcp"),
  ]);
  expect(image.manifest.mediaType).toBe(OCI_MANIFEST);
});
