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

/** Null for text that is rejected with INVALID_REFERENCE; any other error fails the test. */
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
    ["https://registry.example.com/app", "must not have a scheme"],
    [":tag", "not a valid repository name"],
    ["Uppercase", "lower case"],
    ["team/App", "lower case"],
    ["registry.example.com/team/App", "lower case"],
    ["registry.example.com/", "not a valid repository name"],
    ["a//b", "not a valid repository name"],
    ["-app", "not a valid repository name"],
    ["app-", "not a valid repository name"],
    ["a..b/c", "not a valid registry host"],
    ["a___b", "not a valid repository name"],
    ["a._b", "not a valid repository name"],
    ["bad_host.com/app", "not a valid registry host"],
    ["bad_host.com:5000/app", "not a valid registry host"],
    ["-a.com/app", "not a valid registry host"],
    ["a-.com/app", "not a valid registry host"],
    ["a.com:http/app", "not a valid registry host"],
    ["a.com:/app", "not a valid registry host"],
    ["[::1%eth0]/app", "not a valid registry host"],
    ["[::1/app", "not a valid registry host"],
    ["::1/app", "not a valid registry host"],
    ["app:", "not a valid tag"],
    ["app:-x", "not a valid tag"],
    [`app:${LONG(129)}`, "not a valid tag"],
    ["app@", "not a valid digest"],
    ["app@sha256:abc", "not a valid digest"],
    [`app@sha256:${"AB".repeat(32)}`, "not a valid digest"],
    [`app@md5:${"ab".repeat(16)}`, "not a valid digest"],
    [`app@${SHA256}@${SHA256}`, "not a valid digest"],
    [`r.example.com/${LONG(256)}`, "255 characters"],
    [`${LONG(1020)}.com/a`, "1024 characters"],
    ["app name", "not a valid repository name"],
    ["äpp", "not a valid repository name"],
    ["app\n", "not a valid repository name"],
  ])("rejects %j", (text, why) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        reason: "INVALID_REFERENCE",
        message: expect.stringContaining(why),
      }),
    );
  });

  it.each([
    "me:hunter2@registry.example/team/agent",
    "https://me:hunter2@registry.example/team/agent:v1",
    "me:hun@hunter2@registry.example/team/agent@sha256:1",
    "me:hun/hunter2@registry.example/team/agent",
    `me:hunter2@registry.example/team/${"a".repeat(2000)}`,
  ])("rejects %j without repeating the password", (text) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        reason: "INVALID_REFERENCE",
        message: expect.not.stringContaining("hunter2"),
      }),
    );
    expect(() => parseReference(text)).toThrow("a reference has no user name");
  });

  it("rejects values that are not text, which JavaScript may pass", () => {
    const parse: (value: never) => unknown = parseReference;
    expect(() => Reflect.apply(parse, null, [undefined])).toThrow("it is not a string");
    expect(() => Reflect.apply(parse, null, [12])).toThrow("it is not a string");
  });

  it.each(["a-", "a/", "a_", "a.", "a:", "a@", "[:", "A"])(
    "rejects a megabyte of %j immediately, and does not repeat it",
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

  it("returns any text in full or throws a SlipwayError", () => {
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

  it("omits the tag and digest from the repository", () => {
    expect(formatRepository(parseReference(`a:1@${SHA256}`))).toBe("docker.io/library/a");
  });

  it("knows Docker Hub's other names", () => {
    expect(registryHost("docker.io")).toBe("registry-1.docker.io");
    expect(registryHost("r.example.com:5000")).toBe("r.example.com:5000");
    expect(credentialServer("docker.io")).toBe("https://index.docker.io/v1/");
    expect(credentialServer("r.example.com")).toBe("r.example.com");
  });
});
