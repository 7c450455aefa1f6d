import { expect, it, vi } from "vitest";
import { onceEach, onceFound } from "../../../src/async/memoize.ts";

it("makes once what is made of a thing that cannot change", () => {
  const make = vi.fn(({ name }: { readonly name: string }) => name.toUpperCase());
  const upper = onceEach(make);
  const thing = Object.freeze({ name: "a" });
  expect([upper(thing), upper(thing), upper(Object.freeze({ name: "b" }))]).toEqual([
    "A",
    "A",
    "B",
  ]);
  expect(make).toHaveBeenCalledTimes(2);
});

it("looks again at a thing that may have changed", () => {
  const upper = onceEach(({ name }: { name: string }) => name.toUpperCase());
  const thing = { name: "a" };
  expect(upper(thing)).toBe("A");
  thing.name = "b";
  expect(upper(thing)).toBe("B");
});

it("finds out once for all who ask meanwhile, and again after a failure", async () => {
  const find = vi.fn(async () => {
    if (find.mock.calls.length === 1) throw new RangeError("too many open files");
    return await Promise.resolve("found");
  });
  const found = onceFound(find);
  const failed = await Promise.allSettled([found(), found()]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(find).toHaveBeenCalledTimes(1);
  expect(await Promise.all([found(), found()])).toEqual(["found", "found"]);
  expect(await found()).toBe("found");
  expect(find).toHaveBeenCalledTimes(2);
});
