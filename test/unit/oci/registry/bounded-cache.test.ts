import { describe, expect, it } from "vitest";
import { createBoundedCache } from "../../../../src/oci/registry/bounded-cache.ts";

describe("createBoundedCache", () => {
  it("evicts the least recently used entry", () => {
    const cache = createBoundedCache<number>(2);
    cache.set("a", 1);
    cache.set("b", 2);
    expect(cache.get("a")).toBe(1);
    cache.set("c", 3);
    expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
  });

  it("counts by weight, and each entry once", () => {
    const cache = createBoundedCache<string>(10, (value) => value.length);
    for (let round = 0; round < 5; round += 1) cache.set("a", "123456");
    cache.set("b", "1234");
    expect([cache.get("a"), cache.get("b")]).toEqual(["123456", "1234"]);
    cache.set("c", "1");
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([undefined, "1234", "1"]);
    cache.set("d", "12345678901");
    expect([cache.get("b"), cache.get("c"), cache.get("d")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("deletes", () => {
    const cache = createBoundedCache<number>(1);
    cache.set("a", 1);
    cache.delete("a");
    cache.delete("b");
    expect(cache.get("a")).toBeUndefined();
    cache.set("c", 3);
    expect(cache.get("c")).toBe(3);
  });
});
