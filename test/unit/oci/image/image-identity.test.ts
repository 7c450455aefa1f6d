import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chainId,
  chainIds,
  imageId,
  verifyLayers,
} from "../../../../src/oci/image/image-config.ts";
import { COMPLETE, DIFF_IDS, MINIMAL, change, parse } from "../support/image-config.ts";

describe("ids", () => {
  it("uses the document's digest as the image id", () => {
    const bytes = new TextEncoder().encode(JSON.stringify(COMPLETE));
    expect(imageId(bytes)).toBe(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
  });

  it("chains layers by the specification's formula", () => {
    const [bottom = "", top = ""] = DIFF_IDS;
    const both = `sha256:${createHash("sha256").update(`${bottom} ${top}`).digest("hex")}`;
    expect(chainIds(DIFF_IDS)).toEqual([bottom, both]);
    expect(chainId(DIFF_IDS)).toBe(both);
    expect(chainId([bottom])).toBe(bottom);
    expect(chainIds([])).toEqual([]);
  });

  it.each([[[]], [["sha256:12"]], [[...DIFF_IDS, "x"]], [[`sha512:${"1".repeat(128)}`]]])(
    "has no chain id for %j",
    (list) => {
      expect(() => chainId(list)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_DIGEST" }),
      );
    },
  );

  it("depends on every layer and on their order", () => {
    const digest = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => `sha256:${Buffer.from(bytes).toString("hex")}`);
    fc.assert(
      fc.property(fc.uniqueArray(digest, { minLength: 2, maxLength: 5 }), (list) => {
        expect(chainId(list)).not.toBe(chainId(list.toReversed()));
        expect(chainId(list)).not.toBe(chainId(list.slice(1)));
        expect(chainIds(list).slice(0, -1)).toEqual(chainIds(list.slice(0, -1)));
      }),
    );
  });
});

describe("verifyLayers", () => {
  const descriptor = { mediaType: "application/x", digest: `sha256:${"3".repeat(64)}`, size: 1 };
  const manifest = (layers: number) => ({
    layers: Array.from({ length: layers }, () => descriptor),
  });

  it("passes if both counts agree, whatever the history says", () => {
    for (const history of [undefined, null, [], [{}], [{}, {}, {}]])
      expect(() => verifyLayers(manifest(2), parse(change("history", history)))).not.toThrow();
    expect(() => verifyLayers(manifest(0), parse(MINIMAL))).not.toThrow();
  });

  it.each([0, 1, 3])("rejects a manifest with %i layers instead of two", (layers) => {
    expect(() => verifyLayers(manifest(layers), parse(COMPLETE))).toThrow(
      expect.objectContaining({
        reason: "LAYERS_MISMATCH",
        message: expect.stringContaining(`the manifest has ${layers} layers, the configuration 2`),
      }),
    );
  });
});
