import { describe, expect, it } from "vitest";
import type { ImageIndex, IndexEntry, Platform } from "../../../../src/oci/image/manifest.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../../../../src/oci/image/media-types.ts";
import {
  availablePlatforms,
  candidateEntries,
  formatPlatform,
  normalizePlatform,
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
  return { kind: "index", mediaType: OCI_INDEX, manifests, findings: [] };
}

const AMD64: Platform = { os: "linux", architecture: "amd64" };
const ARM64: Platform = { os: "linux", architecture: "arm64" };

/** The platforms of the candidates, in order; null for an entry without one. */
function candidates(wanted: string, ...listed: readonly (string | null)[]) {
  const entries = candidateEntries(
    index(...listed.map((text) => entry(text))),
    parsePlatform(wanted),
  );
  return entries.map(({ platform }) => (platform === null ? null : formatPlatform(platform)));
}

describe("candidateEntries", () => {
  it.each([
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm64", "linux/arm64/v8"],
    ["linux/amd64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/arm/v7", "linux/arm"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["windows/amd64", "windows/amd64"],
    ["linux/arm64/armv8", "linux/arm64"],
    ["linux/amd64", "linux/amd64/v3"],
    ["linux/amd64/v2", "linux/amd64/v3"],
    ["linux/arm/v6", "linux/arm/v7"],
    ["linux/arm/v5", "linux/arm/v8"],
    ["linux/arm64", "linux/arm64/v9"],
    ["linux/arm64/v8.5", "linux/arm64/v9"],
    ["linux/arm64/v8.1", "linux/arm64/v8.2"],
  ])("offers %s for %s", (listed, wanted) => {
    expect(candidates(wanted, "linux/s390x", listed)).toEqual([listed]);
  });

  it.each([
    ["linux/arm64/v9", "linux/arm64/v8"],
    ["linux/arm64/v8.6", "linux/arm64/v9"],
    ["linux/amd64/v3", "linux/amd64/v2"],
    ["linux/arm/v7", "linux/arm/v6"],
    ["windows/amd64", "linux/amd64"],
    ["linux/386", "linux/amd64"],
    ["linux/arm/v7", "linux/arm64"],
  ])("does not offer %s for %s", (listed, wanted) => {
    expect(candidates(wanted, listed)).toEqual([]);
  });

  it("orders them: the platform, its lowest variant, then entries without a platform", () => {
    const listed = [null, "linux/amd64/v3", "linux/amd64/v2", "linux/amd64"];
    expect(candidates("linux/amd64", ...listed)).toEqual([
      "linux/amd64",
      "linux/amd64/v2",
      "linux/amd64/v3",
      null,
    ]);
  });

  it("orders earlier variants from the latest, before newer ones", () => {
    const listed = ["linux/arm/v5", "linux/arm/v8", "linux/arm/v6"];
    expect(candidates("linux/arm", ...listed)).toEqual([
      "linux/arm/v6",
      "linux/arm/v5",
      "linux/arm/v8",
    ]);
    expect(candidates("linux/arm/v7", ...listed)).toEqual(["linux/arm/v6", "linux/arm/v5"]);
  });

  it("takes an entry without an operating system for Linux, as containerd on Linux does", () => {
    const bare = entry("linux/amd64", { platform: { os: "", architecture: "amd64" } });
    expect(candidateEntries(index(bare), AMD64)).toEqual([bare]);
    expect(availablePlatforms(index(bare))).toEqual(["linux/amd64"]);
    const windows = parsePlatform("windows/amd64");
    expect(candidateEntries(index(bare), windows)).toEqual([]);
  });

  it("offers the first of several matches first", () => {
    const first = entry("linux/amd64", { size: 10 });
    const second = entry("linux/amd64", { size: 20 });
    expect(candidateEntries(index(first, second), AMD64)).toEqual([first, second]);
  });

  it("reads the platforms of an index as containerd does", () => {
    const odd = [
      { os: "Linux", architecture: "x86_64" },
      { os: "linux", architecture: "AMD64", variant: "V1" },
      { os: "linux", architecture: "x86-64" },
    ].map((platform) => entry("linux/amd64", { platform }));
    expect(candidateEntries(index(...odd), AMD64)).toEqual(odd);
    expect(availablePlatforms(index(...odd))).toEqual(["linux/amd64", "linux/amd64/v1"]);
  });

  it("skips attestations and other artifacts, and keeps nested indexes", () => {
    const image = entry("linux/amd64");
    const nested = entry("linux/amd64", { mediaType: OCI_INDEX });
    const there = index(
      entry("unknown/unknown"),
      entry("linux/amd64", {
        annotations: { "vnd.docker.reference.type": "attestation-manifest" },
      }),
      entry("linux/amd64", { mediaType: "application/vnd.example+json" }),
      image,
      nested,
    );
    expect(candidateEntries(there, AMD64)).toEqual([image, nested]);
    expect(availablePlatforms(there)).toEqual(["linux/amd64"]);
  });
});

// Source: the table of TestNormalize and TestParseSelector in https://github.com/containerd/platforms.
describe("normalizePlatform", () => {
  it.each([
    ["linux/x86_64", "linux/amd64"],
    ["linux/x86-64", "linux/amd64"],
    ["Linux/AMD64", "linux/amd64"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/aarch64/8", "linux/arm64/v8"],
    ["linux/arm64/v8.0", "linux/arm64/v8"],
    ["linux/arm64/9.0", "linux/arm64/v9"],
    ["linux/i386", "linux/386"],
    ["linux/i386/v3", "linux/386"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/arm/6", "linux/arm/v6"],
    ["macOS/arm64", "darwin/arm64"],
    ["linux/riscv64", "linux/riscv64"],
  ])("spells %s as %s", (text, spelled) => {
    const [os = "", architecture = "", variant] = text.split("/");
    const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    expect(formatPlatform(normalizePlatform(platform))).toBe(spelled);
    expect(formatPlatform(parsePlatform(text))).toBe(spelled);
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
