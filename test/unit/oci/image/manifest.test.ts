import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSlipwayError } from "../../../../src/errors.ts";
import { EVERY_ENGINE } from "../../../../src/oci/image/finding.ts";
import { parseManifest } from "../../../../src/oci/image/manifest.ts";
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../../../src/oci/image/media-types.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;
const OTHER = `sha256:${"2".repeat(64)}`;
const CONFIG = {
  mediaType: "application/vnd.oci.image.config.v1+json",
  digest: DIGEST,
  size: 2,
};
const DOCKER_CONFIG = {
  ...CONFIG,
  mediaType: "application/vnd.docker.container.image.v1+json",
};
const LAYER = {
  mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
  digest: OTHER,
  size: 3,
};
const DOCKER_LAYER = { ...LAYER, mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip" };
const MANIFEST = { schemaVersion: 2, config: CONFIG, layers: [LAYER] };
const ENTRY = {
  mediaType: OCI_MANIFEST,
  digest: DIGEST,
  size: 9,
  platform: { os: "linux", architecture: "amd64" },
};
const INDEX = { schemaVersion: 2, manifests: [ENTRY] };

const DOCKER_TAR = "application/vnd.docker.image.rootfs.diff.tar";
const DOCKER_WITH_OCI_LAYER = {
  ...MANIFEST,
  mediaType: DOCKER_MANIFEST,
  config: DOCKER_CONFIG,
};

/** The engines that refuse each departure of a manifest. */
function refusalsIn(document: unknown, contentType: string) {
  return parse(document, contentType).findings.map(({ refusedBy }) => refusedBy);
}

function parse(document: unknown, contentType?: string) {
  return parseManifest(JSON.stringify(document), contentType);
}

function refusal(document: unknown, contentType?: string): unknown {
  try {
    parse(document, contentType);
  } catch (caught) {
    return caught;
  }
  return null;
}

describe("parseManifest", () => {
  it.each([
    [{ ...MANIFEST, mediaType: OCI_MANIFEST }, OCI_MANIFEST, OCI_MANIFEST],
    [{ ...MANIFEST, mediaType: OCI_MANIFEST }, undefined, OCI_MANIFEST],
    [MANIFEST, `${OCI_MANIFEST}; charset=utf-8`, OCI_MANIFEST],
    [MANIFEST, OCI_MANIFEST.toUpperCase(), OCI_MANIFEST],
    [MANIFEST, "application/json", OCI_MANIFEST],
    [MANIFEST, undefined, OCI_MANIFEST],
    [
      { ...MANIFEST, mediaType: DOCKER_MANIFEST, config: DOCKER_CONFIG },
      "text/plain",
      DOCKER_MANIFEST,
    ],
    [{ ...MANIFEST, config: DOCKER_CONFIG }, DOCKER_MANIFEST, DOCKER_MANIFEST],
  ])("reads a manifest %#", (document, contentType, mediaType) => {
    expect(parse(document, contentType)).toMatchObject({
      kind: "manifest",
      mediaType,
      config: document.config,
      layers: [LAYER],
    });
  });

  it.each([
    [{ ...INDEX, mediaType: OCI_INDEX }, OCI_INDEX, OCI_INDEX],
    [INDEX, OCI_INDEX, OCI_INDEX],
    [INDEX, undefined, OCI_INDEX],
    [{ ...INDEX, mediaType: DOCKER_MANIFEST_LIST }, "", DOCKER_MANIFEST_LIST],
  ])("reads an index %#", (document, contentType, mediaType) => {
    expect(parse(document, contentType)).toMatchObject({
      kind: "index",
      mediaType,
      manifests: [{ ...ENTRY, annotations: {} }],
    });
  });

  it("reads what an index states of its entries, and null for the rest", () => {
    const bare = { mediaType: OCI_MANIFEST, digest: OTHER, size: 1, platform: null };
    const full = {
      ...ENTRY,
      platform: { os: "linux", architecture: "arm64", variant: "v8", "os.version": "1" },
      annotations: { "vnd.docker.reference.type": "attestation-manifest" },
      urls: ["https://example.com"],
    };
    expect(parse({ schemaVersion: 2, manifests: [bare, full] })).toMatchObject({
      manifests: [
        { platform: null, annotations: {} },
        {
          platform: { os: "linux", architecture: "arm64", variant: "v8" },
          annotations: { "vnd.docker.reference.type": "attestation-manifest" },
        },
      ],
    });
  });

  it.each([
    ["both an index and a manifest", { ...INDEX, layers: [] }, undefined, "at once"],
    ["both, by its configuration", { ...INDEX, config: CONFIG }, OCI_INDEX, "at once"],
    [
      "an index whose header says manifest",
      { ...INDEX, mediaType: OCI_INDEX },
      OCI_MANIFEST,
      "its Content-Type is",
    ],
    ["an index sent as a manifest", INDEX, OCI_MANIFEST, "config"],
    ["a manifest sent as an index", MANIFEST, OCI_INDEX, "manifests"],
    [
      "a bad digest",
      { ...MANIFEST, config: { ...CONFIG, digest: "sha256:1" } },
      undefined,
      "config.digest",
    ],
    [
      "a negative size",
      { ...MANIFEST, layers: [{ ...LAYER, size: -1 }] },
      undefined,
      "layers[0].size",
    ],
    [
      "a size that is not an integer",
      { ...MANIFEST, layers: [{ ...LAYER, size: 1.5 }] },
      undefined,
      "layers[0].size",
    ],
    [
      "an unsafe size",
      { ...MANIFEST, layers: [{ ...LAYER, size: 2 ** 60 }] },
      undefined,
      "layers[0].size",
    ],
    ["no layers", { schemaVersion: 2, config: CONFIG }, undefined, "layers"],
    ["a type that is not text", { ...MANIFEST, mediaType: 1 }, undefined, "mediaType"],
    ["an array", [], undefined, "image manifest"],
    ["null", null, undefined, "image manifest"],
  ])("rejects %s", (_what, document, contentType, where) => {
    expect(refusal(document, contentType)).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "MANIFEST_INVALID",
      message: expect.stringContaining(where),
    });
  });

  it.each([
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, undefined, "schema 1"],
    [
      "schema 1 by its header",
      MANIFEST,
      "application/vnd.docker.distribution.manifest.v1+prettyjws",
      "schema 1",
    ],
    [
      "a chart",
      { ...MANIFEST, config: { ...CONFIG, mediaType: "application/vnd.cncf.helm.config.v1+json" } },
      undefined,
      "helm",
    ],
    [
      "an empty artifact",
      { ...MANIFEST, config: { ...CONFIG, mediaType: "application/vnd.oci.empty.v1+json" } },
      undefined,
      "empty",
    ],
    ["a web page", MANIFEST, "text/html", "text/html"],
    ["a type of its own", { ...MANIFEST, mediaType: "application/x" }, undefined, "application/x"],
  ])("rejects %s as an image", (_what, document, contentType, word) => {
    expect(refusal(document, contentType)).toMatchObject({
      reason: "MEDIA_TYPE_UNSUPPORTED",
      message: expect.stringContaining(word),
    });
  });

  it.each([
    ["names in any case", { SchemaVersion: 2, Config: CONFIG, LAYERS: [LAYER] }, OCI_MANIFEST, 3],
    [
      "null for what it has not",
      { ...MANIFEST, manifests: null, mediaType: null },
      OCI_MANIFEST,
      0,
    ],
    ["an empty mediaType", { ...MANIFEST, mediaType: "" }, OCI_MANIFEST, 0],
    ["no schema version", { config: CONFIG, layers: [LAYER] }, OCI_MANIFEST, 1],
    ["schema version 3", { ...MANIFEST, schemaVersion: 3 }, OCI_MANIFEST, 1],
    [
      "an OCI type under Docker's header",
      { ...MANIFEST, mediaType: OCI_MANIFEST },
      DOCKER_MANIFEST,
      1,
    ],
    ["no type under Docker's header", { ...MANIFEST, layers: [] }, DOCKER_MANIFEST, 1],
    ["a generic header", MANIFEST, "application/octet-stream", 1],
    ["an object store's header", MANIFEST, "binary/octet-stream", 1],
    [
      "Docker's layers under OCI's manifest",
      { ...MANIFEST, layers: [DOCKER_LAYER] },
      OCI_MANIFEST,
      0,
    ],
    [
      "an artifact type",
      { ...MANIFEST, artifactType: "application/x", subject: null },
      OCI_MANIFEST,
      0,
    ],
    ["annotations of any kind", { ...MANIFEST, annotations: { a: 1 } }, OCI_MANIFEST, 0],
  ])("accepts %s, and reports what departs", (_what, document, contentType, count) => {
    const manifest = parse(document, contentType);
    expect(manifest).toMatchObject({ kind: "manifest", config: CONFIG });
    expect(manifest.findings).toHaveLength(count);
    expect(manifest.findings.map(({ obstacle }) => obstacle)).toEqual(Array(count).fill(null));
  });

  // Source: moby's defaultImageTypes; https://github.com/distribution/distribution/issues/1621
  it.each(["application/octet-stream", "application/json", "text/html", ""])(
    "accepts the generic type %j of a configuration, which containerd's store refuses",
    (mediaType) => {
      const config = { ...CONFIG, mediaType };
      const docker = { ...MANIFEST, mediaType: DOCKER_MANIFEST, layers: [DOCKER_LAYER], config };
      expect(refusalsIn(docker, DOCKER_MANIFEST)).toEqual([["docker-containerd"]]);
      // Podman reads it as an artifact's in the OCI format alone.
      expect(refusalsIn({ ...MANIFEST, config }, OCI_MANIFEST)).toEqual([
        ["docker-containerd", "podman"],
      ]);
    },
  );

  // Measured on Docker 28 with a graph driver, containerd 1.6 and Podman 4.3.
  it.each<[string, object, string, readonly (readonly string[])[]]>([
    ["a header of no format", MANIFEST, "text/plain; charset=utf-8", [EVERY_ENGINE]],
    ["no header", MANIFEST, "", [EVERY_ENGINE]],
    [
      "another header than the document's type",
      { ...MANIFEST, mediaType: OCI_MANIFEST, layers: [] },
      DOCKER_MANIFEST,
      [["docker-graph-driver", "podman"]],
    ],
    [
      "Docker's configuration in OCI's",
      { ...MANIFEST, config: DOCKER_CONFIG },
      OCI_MANIFEST,
      [["podman"]],
    ],
    ["OCI's layers in Docker's", DOCKER_WITH_OCI_LAYER, DOCKER_MANIFEST, [["podman"]]],
    [
      "zstd in Docker's",
      { ...DOCKER_WITH_OCI_LAYER, layers: [{ ...LAYER, mediaType: `${DOCKER_TAR}.zstd` }] },
      DOCKER_MANIFEST,
      [["docker-before-23"], ["podman"]],
    ],
    [
      "OCI's configuration in Docker's",
      { ...DOCKER_WITH_OCI_LAYER, config: CONFIG, layers: [DOCKER_LAYER] },
      DOCKER_MANIFEST,
      [],
    ],
  ])("names the engines that refuse %s", (_what, document, contentType, refusedBy) => {
    expect(refusalsIn(document, contentType)).toEqual(refusedBy);
  });

  it("accepts a configuration whose type is absent or null", () => {
    const { mediaType: _type, ...bare } = CONFIG;
    for (const config of [bare, { ...bare, mediaType: null }])
      expect(parse({ ...MANIFEST, config }, OCI_MANIFEST)).toMatchObject({
        config: { mediaType: "" },
      });
  });

  it.each([
    ["application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "encrypted"],
    ["application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted", "encrypted"],
    ["application/vnd.oci.image.layer.v1.tar+encrypted", "encrypted"],
    ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "outside of the registry"],
    ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "outside of the registry"],
    ["application/vnd.in-toto+json", "no engine can unpack"],
    ["application/x-tar", "no engine can unpack"],
  ])("says that no engine runs a layer of type %s", (mediaType, why) => {
    const { findings } = parse({ ...MANIFEST, layers: [{ ...LAYER, mediaType }] }, OCI_MANIFEST);
    expect(findings).toEqual([
      expect.objectContaining({
        subject: "layers",
        message: expect.stringContaining(why),
        obstacle: expect.objectContaining({ reason: "MEDIA_TYPE_UNSUPPORTED" }),
      }),
    ]);
  });

  it.each([
    ["application/vnd.oci.image.layer.v1.tar+zstd", "docker-before-23"],
    ["application/octet-stream", "docker-containerd"],
    ["", "docker-containerd"],
    ["application/vnd.docker.container.image.rootfs.diff+x-gtar", "docker-containerd"],
  ])("says which engines refuse a layer of type %j", (mediaType, kind) => {
    const { findings } = parse({ ...MANIFEST, layers: [{ ...LAYER, mediaType }] }, OCI_MANIFEST);
    expect(findings).toEqual([expect.objectContaining({ refusedBy: [kind], obstacle: null })]);
  });

  // Measured on Docker 20.10: 125 layers are registered, 126 are "max depth exceeded".
  it.each([
    [125, 0],
    [126, 1],
  ])("says that a graph driver refuses many layers (%i)", (count, findings) => {
    const layers = Array.from({ length: count }, () => LAYER);
    expect(parse({ ...MANIFEST, layers }, OCI_MANIFEST).findings).toHaveLength(findings);
  });

  it("shows where the content of a foreign layer is", () => {
    const mediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    const layer = { ...LAYER, mediaType, urls: ["https://example.com/layer"] };
    const [finding] = parse({ ...MANIFEST, layers: [layer] }, OCI_MANIFEST).findings;
    expect(finding?.message).toContain('"https://example.com/layer"');
  });

  it.each([
    ["an empty platform", { ...ENTRY, platform: {} }, null],
    ["a platform of empty strings", { ...ENTRY, platform: { os: "", architecture: "" } }, null],
    [
      "null members",
      {
        ...ENTRY,
        annotations: null,
        platform: { os: "linux", architecture: "amd64", variant: null },
      },
      { os: "linux", architecture: "amd64" },
    ],
    [
      "an empty variant",
      { ...ENTRY, platform: { os: "linux", architecture: "amd64", variant: "" } },
      { os: "linux", architecture: "amd64" },
    ],
  ])("reads %s in an index as absent", (_what, listed, platform) => {
    expect(parse({ schemaVersion: 2, manifests: [listed] }, OCI_INDEX)).toMatchObject({
      manifests: [{ platform, annotations: {} }],
      findings: [],
    });
  });

  it("holds no departure of an index against an engine, which never reads the index", () => {
    const { findings } = parse({ ...INDEX, schemaVersion: 3 }, "application/json");
    expect(findings).toHaveLength(2);
    expect(findings.flatMap(({ refusedBy }) => refusedBy)).toEqual([]);
  });

  it("rejects documents that are not JSON, not UTF-8 or too large", () => {
    const invalid = expect.objectContaining({ reason: "MANIFEST_INVALID" });
    expect(() => parseManifest("{")).toThrow(invalid);
    expect(() => parseManifest(new Uint8Array([0x22, 0xff, 0x22]))).toThrow(invalid);
    expect(() => parseManifest(`"${"x".repeat(4 * 1024 * 1024)}"`)).toThrow("larger than");
  });

  it("throws nothing but a SlipwayError for any document", () => {
    const document = fc.record(
      {
        schemaVersion: fc.constantFrom<unknown>(2, 1, "2", null),
        mediaType: fc.constantFrom<unknown>(OCI_INDEX, OCI_MANIFEST, "x", 3, null),
        manifests: fc.oneof(fc.jsonValue(), fc.constant([ENTRY])),
        config: fc.oneof(fc.jsonValue(), fc.constant(CONFIG)),
        layers: fc.oneof(fc.jsonValue(), fc.constant([LAYER])),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(document, (value) => {
        const caught = refusal(value);
        expect(caught === null || isSlipwayError(caught)).toBe(true);
      }),
    );
  });
});
