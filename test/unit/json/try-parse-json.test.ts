import fc from "fast-check";
import { expect, it } from "vitest";
import { tryParseJson } from "../../../src/json/try-parse-json.ts";

it("returns the value of any JSON text", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(tryParseJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

it.each(["", "{", "<html>", "undefined", '{"secret":"value"'])(
  "returns undefined for other text: %j",
  (text) => {
    expect(tryParseJson(text)).toBeUndefined();
  },
);
