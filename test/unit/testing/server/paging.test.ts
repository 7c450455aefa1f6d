import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPageToken, sliceAfter, writePageToken } from "../../../../testing/server/paging.ts";

const keyed = (keys: readonly string[]) => keys.map((key) => ({ key, record: key }));

describe("pages", () => {
  it("return every record once, in order, whatever the size", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 5 }), (keys, size) => {
        const seen: string[] = [];
        for (let after: string | null = null, turns = 0; turns <= keys.length; turns += 1) {
          const slice: { readonly records: readonly string[]; readonly last: string | null } =
            sliceAfter(keyed(keys), after, size);
          seen.push(...slice.records);
          after = slice.last;
          if (after === null) break;
        }
        expect(seen).toEqual(keys.toSorted());
      }),
    );
  });

  it("neither repeat nor omit records when others are added and removed in between", () => {
    const { last } = sliceAfter(keyed(["b", "d", "f"]), null, 2);
    expect(last).toBe("d");
    expect(sliceAfter(keyed(["a", "b", "e", "f"]), last, 2).records).toEqual(["e", "f"]);
  });
});

describe("a page token", () => {
  it("yields its key for its own query only", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (key, of) => {
        const token = writePageToken(key, of);
        expect(readPageToken(token, of)).toBe(key);
        expect(readPageToken(token, [...of, "x"])).toBeNull();
      }),
    );
  });

  it("is invalid for any other text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readPageToken(text, [])).toBeNull();
      }),
    );
  });
});
