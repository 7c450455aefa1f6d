import { expect, it, vi } from "vitest";
import { onceEach } from "../../src/once.ts";

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
