import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { memoize, memoizeAsync, memoizeFrozen, once } from "../../../src/async/memoize.ts";

describe("once", () => {
  it("makes the value at the first use, also when it is undefined", () => {
    const make = vi.fn(() => undefined);
    const value = once(make);
    expect(make).not.toHaveBeenCalled();
    expect([value(), value()]).toEqual([undefined, undefined]);
    expect(make).toHaveBeenCalledTimes(1);
  });
});

describe("memoize", () => {
  it("makes one value for each object", () => {
    const make = vi.fn(({ name }: { name: string }) => name.toUpperCase());
    const upper = memoize(make);
    const thing = { name: "a" };
    expect([upper(thing), upper({ name: "a" })]).toEqual(["A", "A"]);
    thing.name = "b";
    expect(upper(thing)).toBe("A");
    expect(make).toHaveBeenCalledTimes(2);
  });
});

describe("memoizeFrozen", () => {
  it("makes one value for a frozen object", () => {
    const make = vi.fn(({ name }: { readonly name: string }) => name.toUpperCase());
    const upper = memoizeFrozen(make);
    const thing = Object.freeze({ name: "a" });
    expect([upper(thing), upper(thing), upper(Object.freeze({ name: "b" }))]).toEqual([
      "A",
      "A",
      "B",
    ]);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it("computes the value of an object that may have changed again", () => {
    const upper = memoizeFrozen(({ name }: { name: string }) => name.toUpperCase());
    const thing = { name: "a" };
    expect(upper(thing)).toBe("A");
    thing.name = "b";
    expect(upper(thing)).toBe("B");
  });
});

describe("memoizeAsync", () => {
  it("shares one call among concurrent callers and keeps the value", async () => {
    const find = vi.fn(async (name: string) => await Promise.resolve(name.toUpperCase()));
    const found = memoizeAsync(find);
    expect(await Promise.all([found("a"), found("a"), found("b")])).toEqual(["A", "A", "B"]);
    expect(await found("a")).toBe("A");
    expect(find).toHaveBeenCalledTimes(2);
  });

  it("passes a failure to all callers and does not keep it", async () => {
    const find = vi.fn(async () => {
      if (find.mock.calls.length === 1) throw new RangeError("too many open files");
      return await Promise.resolve("found");
    });
    const found = memoizeAsync(find);
    const failed = await Promise.allSettled([found(), found()]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(find).toHaveBeenCalledTimes(1);
    expect(await Promise.all([found(), found()])).toEqual(["found", "found"]);
    expect(find).toHaveBeenCalledTimes(2);
  });

  it("finds a value again when the earlier one is no longer good", async () => {
    let now = 0;
    const find = vi.fn(async () => await Promise.resolve(now + 10));
    const found = memoizeAsync(find, { isGood: (until) => now < until });
    expect(await Promise.all([found(), found()])).toEqual([10, 10]);
    now = 10;
    expect(await Promise.all([found(), found()])).toEqual([20, 20]);
    expect(find).toHaveBeenCalledTimes(2);
  });

  it("has at most one call under way for each key, and calls again only after a failure", async () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 2 }),
      act: fc.constantFrom("ask" as const, "succeed" as const, "fail" as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const pending = new Map<number, PromiseWithResolvers<number>>();
        const values = new Map<number, number>();
        let calls = 0;
        const needless: number[] = [];
        const got: (readonly [number, number])[] = [];
        const found = memoizeAsync((key: number) => {
          if (pending.has(key) || values.has(key)) needless.push(key);
          const call = Promise.withResolvers<number>();
          pending.set(key, call);
          calls += 1;
          return call.promise;
        });
        for (const { key, act } of steps) {
          const call = pending.get(key);
          if (act === "ask") void found(key).catch(() => undefined);
          else if (call !== undefined) {
            pending.delete(key);
            if (act === "succeed") {
              values.set(key, calls);
              call.resolve(calls);
            } else call.reject(new Error("failed"));
          }
          await Promise.resolve();
          await Promise.resolve();
          const value = values.get(key);
          if (value !== undefined) got.push([value, await found(key)]);
        }
        expect(needless).toEqual([]);
        expect(got.filter(([kept, given]) => kept !== given)).toEqual([]);
      }),
    );
  });
});
