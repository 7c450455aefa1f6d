import { describe, expect, it } from "vitest";
import { isLoopbackRegistry } from "../../../../src/oci/registry/loopback.ts";

describe("isLoopbackRegistry", () => {
  it.each(["localhost", "localhost:5000", "127.0.0.1", "127.8.9.10:5000", "[::1]", "[::1]:5000"])(
    "is true for %s",
    (host) => expect(isLoopbackRegistry(host)).toBe(true),
  );

  it.each([
    "docker.io",
    "127.example:5000",
    "localhost.example",
    "10.0.0.1:5000",
    "[::2]:5000",
    "",
  ])("is false for %j", (host) => expect(isLoopbackRegistry(host)).toBe(false));
});
