import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSlipwayError } from "../../../src/errors.ts";
import {
  credentialServer,
  formatReference,
  formatRepository,
  parseReference,
  type Reference,
  registryHost,
  withDigest,
} from "../../../src/oci/reference.ts";
import { processorTime } from "../../support/processor-time.ts";

const SHA256 = `sha256:${"ab".repeat(32)}`;
const SHA512 = `sha512:${"cd".repeat(64)}`;
const LONG = (length: number): string => "a".repeat(length);

/** Null for a text that is refused as it has to be; any other error is the test's. */
function readOrNull(text: string): Reference | null {
  try {
    return parseReference(text);
  } catch (caught) {
    if (isSlipwayError(caught) && caught.reason === "INVALID_REFERENCE") return null;
    throw caught;
  }
}

describe("parseReference", () => {
  it.each([
    ["ubuntu", "docker.io", "library/ubuntu", "latest"],
    ["ubuntu:24.04", "docker.io", "library/ubuntu", "24.04"],
    ["team/app", "docker.io", "team/app", "latest"],
    ["docker.io/ubuntu", "docker.io", "library/ubuntu", "latest"],
    ["index.docker.io/ubuntu", "docker.io", "library/ubuntu", "latest"],
    ["index.docker.io/team/app:1", "docker.io", "team/app", "1"],
    ["localhost/app", "localhost", "app", "latest"],
    ["localhost:5000", "docker.io", "library/localhost", "5000"],
    ["localhost:5000/app", "localhost:5000", "app", "latest"],
    ["registry:5000/app:1", "registry:5000", "app", "1"],
    ["registry.example.com/a/b/c:v1", "registry.example.com", "a/b/c", "v1"],
    ["127.0.0.1:5000/app", "127.0.0.1:5000", "app", "latest"],
    ["[::1]/app", "[::1]", "app", "latest"],
    ["[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000", "app", "1"],
    ["Upper/app", "Upper", "app", "latest"],
    ["REGISTRY.example.com/app", "REGISTRY.example.com", "app", "latest"],
    ["a.b/c", "a.b", "c", "latest"],
    ["xn--n3h.com/app", "xn--n3h.com", "app", "latest"],
    ["app:Tag_1.x-y", "docker.io", "library/app", "Tag_1.x-y"],
    ["a/b__c--d.e_f/g", "docker.io", "a/b__c--d.e_f/g", "latest"],
    ["registry.example.com:99999/app", "registry.example.com:99999", "app", "latest"],
    [`registry.example.com/${LONG(255)}`, "registry.example.com", LONG(255), "latest"],
    [`app:${LONG(128)}`, "docker.io", "library/app", LONG(128)],
    [`sha256:${"ab".repeat(32)}`, "docker.io", "library/sha256", "ab".repeat(32)],
  ])("reads %s", (text, registry, repository, tag) => {
    expect(parseReference(text)).toEqual({ registry, repository, tag });
  });

  it.each([SHA256, SHA512, `sha384:${"0".repeat(96)}`])("reads the digest %s", (digest) => {
    expect(parseReference(`app@${digest}`)).toEqual({
      registry: "docker.io",
      repository: "library/app",
      digest,
    });
    expect(parseReference(`r.example.com/app:1@${digest}`)).toEqual({
      registry: "r.example.com",
      repository: "app",
      tag: "1",
      digest,
    });
  });

  it.each([
    ["", "it is empty"],
    ["ab".repeat(32), "image id"],
    ["https://registry.example.com/app", "no scheme"],
    [":tag", "no repository name"],
    ["Uppercase", "lower case"],
    ["team/App", "lower case"],
    ["registry.example.com/team/App", "lower case"],
    ["registry.example.com/", "no repository name"],
    ["a//b", "no repository name"],
    ["-app", "no repository name"],
    ["app-", "no repository name"],
    ["a..b/c", "no registry host"],
    ["a___b", "no repository name"],
    ["a._b", "no repository name"],
    ["bad_host.com/app", "no registry host"],
    ["bad_host.com:5000/app", "no registry host"],
    ["-a.com/app", "no registry host"],
    ["a-.com/app", "no registry host"],
    ["a.com:http/app", "no registry host"],
    ["a.com:/app", "no registry host"],
    ["[::1%eth0]/app", "no registry host"],
    ["[::1/app", "no registry host"],
    ["::1/app", "no registry host"],
    ["app:", "no tag"],
    ["app:-x", "no tag"],
    [`app:${LONG(129)}`, "no tag"],
    ["app@", "no digest"],
    ["app@sha256:abc", "no digest"],
    [`app@sha256:${"AB".repeat(32)}`, "no digest"],
    [`app@md5:${"ab".repeat(16)}`, "no digest"],
    [`app@${SHA256}@${SHA256}`, "no digest"],
    [`r.example.com/${LONG(256)}`, "255 characters"],
    [`${LONG(1020)}.com/a`, "1024 characters"],
    ["app name", "no repository name"],
    ["äpp", "no repository name"],
    ["app\n", "no repository name"],
  ])("refuses %j", (text, why) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        reason: "INVALID_REFERENCE",
        message: expect.stringContaining(why),
      }),
    );
  });

  it("refuses what is no text, as JavaScript may pass it", () => {
    const parse: (value: never) => unknown = parseReference;
    expect(() => Reflect.apply(parse, null, [undefined])).toThrow("it is not a string");
    expect(() => Reflect.apply(parse, null, [12])).toThrow("it is not a string");
  });

  it.each(["a-", "a/", "a_", "a.", "a:", "a@", "[:", "A"])(
    "refuses a megabyte of %j at once, and does not repeat it",
    (piece) => {
      const text = piece.repeat(1024 * 1024);
      let message = "";
      const took = processorTime(() => {
        try {
          parseReference(text);
        } catch (caught) {
          message = String(caught);
        }
      });
      expect(took).toBeLessThan(1000);
      expect(message).toContain("invalid OCI image reference");
      expect(message.length).toBeLessThan(600);
    },
  );

  it("gives back, for any text, itself in full or an error of ours", () => {
    const piece = fc.constantFrom(
      ..."ab0._-:/@[]A%".split(""),
      "sha256:",
      "localhost",
      "docker.io",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const reference = readOrNull(pieces.join(""));
        expect(reference === null || parseReference(formatReference(reference))).toEqual(
          reference ?? true,
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a reference's other forms", () => {
  it.each([
    ["ubuntu", "docker.io/library/ubuntu:latest"],
    [`ubuntu@${SHA256}`, `docker.io/library/ubuntu@${SHA256}`],
    [`[::1]:5000/a:1@${SHA256}`, `[::1]:5000/a:1@${SHA256}`],
  ])("formats %s", (text, full) => {
    expect(formatReference(parseReference(text))).toBe(full);
  });

  it("pins a digest without the tag, and never as a tag", () => {
    const pinned = withDigest(parseReference("r.example.com/a:1"), SHA256);
    expect(pinned).toEqual({ registry: "r.example.com", repository: "a", digest: SHA256 });
    expect(formatReference(pinned)).toBe(`r.example.com/a@${SHA256}`);
    expect(() => withDigest(pinned, "sha256:12")).toThrow(
      expect.objectContaining({ reason: "INVALID_DIGEST" }),
    );
  });

  it("leaves tag and digest out of the repository", () => {
    expect(formatRepository(parseReference(`a:1@${SHA256}`))).toBe("docker.io/library/a");
  });

  it("knows Docker Hub's other names", () => {
    expect(registryHost("docker.io")).toBe("registry-1.docker.io");
    expect(registryHost("r.example.com:5000")).toBe("r.example.com:5000");
    expect(credentialServer("docker.io")).toBe("https://index.docker.io/v1/");
    expect(credentialServer("r.example.com")).toBe("r.example.com");
  });
});
