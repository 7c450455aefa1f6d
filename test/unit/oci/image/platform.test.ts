import { describe, expect, it } from "vitest";
import type { ImageIndex, IndexEntry, Platform } from "../../../../src/oci/image/manifest.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../../../../src/oci/image/media-types.ts";
import {
  availablePlatforms,
  choosePlatform,
  formatPlatform,
  parsePlatform,
  samePlatform,
} from "../../../../src/oci/image/platform.ts";

function entry(platform: string | null, rest: Partial<IndexEntry> = {}): IndexEntry {
  const digest = `sha256:${(platform ?? "none").padEnd(64, "0")}`;
  return {
    mediaType: OCI_MANIFEST,
    digest,
    size: 1,
    platform: platform === null ? null : parsePlatform(platform),
    annotations: {},
    ...rest,
  };
}

function index(...manifests: readonly IndexEntry[]): ImageIndex {
  return { kind: "index", mediaType: OCI_INDEX, manifests };
}

const AMD64: Platform = { os: "linux", architecture: "amd64" };
const ARM64: Platform = { os: "linux", architecture: "arm64" };

describe("choosePlatform", () => {
  it.each([
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm64", "linux/arm64/v8"],
    ["linux/amd64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/arm/v7", "linux/arm"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["windows/amd64", "windows/amd64"],
  ])("chooses %s for %s", (listed, wanted) => {
    const found = choosePlatform(index(entry("linux/s390x"), entry(listed)), parsePlatform(wanted));
    expect(found.platform).toEqual(parsePlatform(listed));
  });

  it.each([
    ["linux/arm64/v9", "linux/arm64"],
    ["linux/amd64/v3", "linux/amd64"],
    ["linux/arm/v6", "linux/arm"],
    ["windows/amd64", "linux/amd64"],
    ["linux/386", "linux/amd64"],
  ])("does not choose %s for %s", (listed, wanted) => {
    expect(() => choosePlatform(index(entry(listed)), parsePlatform(wanted))).toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "PLATFORM_NOT_FOUND",
        message: `the image has no platform ${wanted}; available: ${listed}`,
        metadata: { wanted, available: [listed] },
      }),
    );
  });

  it("chooses the first of several matches", () => {
    const first = entry("linux/amd64", { size: 10 });
    const second = entry("linux/amd64", { size: 20 });
    expect(choosePlatform(index(first, second), AMD64)).toBe(first);
  });

  it("skips attestations and entries that are not manifests", () => {
    const image = entry("linux/amd64");
    const there = index(
      entry("unknown/unknown"),
      entry("linux/amd64", {
        annotations: { "vnd.docker.reference.type": "attestation-manifest" },
      }),
      entry("linux/amd64", { mediaType: "application/vnd.example+json" }),
      image,
    );
    expect(choosePlatform(there, AMD64)).toBe(image);
    expect(availablePlatforms(there)).toEqual(["linux/amd64"]);
    expect(() => choosePlatform(there, ARM64)).toThrow("available: linux/amd64");
  });

  it("chooses the only image of an index without platforms", () => {
    const only = entry(null);
    expect(choosePlatform(index(only, entry("unknown/unknown")), ARM64)).toBe(only);
    expect(() => choosePlatform(index(only, entry(null)), ARM64)).toThrow("available: none");
    expect(() => choosePlatform(index(only, entry("linux/amd64")), ARM64)).toThrow(
      "available: linux/amd64",
    );
  });

  it("reports that an empty index has no platform", () => {
    expect(() => choosePlatform(index(), AMD64)).toThrow("available: none");
  });
});

describe("platforms as text", () => {
  it.each(["linux/amd64", "linux/arm64/v8", "windows/amd64"])("reads and writes %s", (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  it.each(["", "linux", "linux/", "/amd64", "linux/arm64/", "linux/arm/v7/x", "linux /amd64"])(
    "rejects %j",
    (text) => {
      expect(() => parsePlatform(text)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_INPUT" }),
      );
    },
  );

  it("knows two spellings of one platform", () => {
    expect(samePlatform(ARM64, { ...ARM64, variant: "v8" })).toBe(true);
    expect(samePlatform(ARM64, { ...ARM64, variant: "v9" })).toBe(false);
    expect(samePlatform(ARM64, AMD64)).toBe(false);
  });
});
