import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  digestVerifier,
  isDigest,
  parseDigest,
  sha256Digest,
  verifyDigest,
} from "../../../src/oci/digest.ts";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("digests", () => {
  it("match known values", () => {
    expect(sha256Digest("")).toBe(EMPTY);
    expect(sha256Digest(new Uint8Array(0))).toBe(EMPTY);
    expect(sha256Digest("ä")).toBe(sha256Digest(encode("ä")));
  });

  it.each([
    [EMPTY, "sha256"],
    [`sha384:${"0".repeat(96)}`, "sha384"],
    [`sha512:${"f".repeat(128)}`, "sha512"],
  ])("are read: %s", (text, algorithm) => {
    expect(parseDigest(text)).toEqual({ algorithm, hex: text.slice(algorithm.length + 1) });
    expect(isDigest(text)).toBe(true);
  });

  it.each([
    ["", "ALGORITHM:HEX"],
    ["sha256", "ALGORITHM:HEX"],
    [":abc", "ALGORITHM:HEX"],
    ["sha256:", "64 hexadecimal digits"],
    [EMPTY.slice(0, -1), "64 hexadecimal digits"],
    [`${EMPTY}0`, "64 hexadecimal digits"],
    [EMPTY.replace("e3", "E3"), "lower-case"],
    [`md5:${"0".repeat(32)}`, "its algorithm"],
    [`__proto__:${"0".repeat(64)}`, "its algorithm"],
    [`sha512:${"0".repeat(4096)}`, "too long"],
  ])("are refused: %j", (text, why) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({
        reason: "INVALID_DIGEST",
        message: expect.stringContaining(why),
      }),
    );
  });
});

describe("verification", () => {
  it.each(["sha256", "sha384", "sha512"])("verifies content against its %s", (algorithm) => {
    const content = encode("content");
    const digest = `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;
    expect(() => verifyDigest(digest, content, "it")).not.toThrow();
    expect(() => verifyDigest(digest, encode("other"), "it")).toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "DIGEST_MISMATCH",
        message: expect.stringMatching(/^it: .*expected sha/),
        metadata: expect.objectContaining({ expected: digest }),
      }),
    );
  });

  it("gives the same result for pieces as for the whole", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
        const whole = Buffer.concat([first, second]);
        const verifier = digestVerifier(sha256Digest(whole), "it");
        verifier.update(first);
        verifier.update(second);
        expect(() => verifier.finish()).not.toThrow();

        const other = digestVerifier(sha256Digest(whole), "it");
        other.update(whole);
        other.update(encode("!"));
        expect(() => other.finish()).toThrow("expected sha256:");
      }),
    );
  });
});
