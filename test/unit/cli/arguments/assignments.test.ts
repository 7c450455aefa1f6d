import { describe, expect, it } from "vitest";
import { parseAssignments } from "../../../../src/cli/arguments/assignments.ts";

describe("parseAssignments", () => {
  it.each<readonly [string, string, unknown]>([
    ["text", "description=Stock Debian: 12", "Stock Debian: 12"],
    ["text with an equals sign", "description=a=b", "a=b"],
    ["empty text", "description=", ""],
    ["a number", "description=20", 20],
    ["a boolean", "description=true", true],
    ["null", "description=null", null],
    ["a list", 'description=["a"]', ["a"]],
    ["an object", 'description={"a":1}', { a: 1 }],
    ["a quoted number as text", 'description="20"', "20"],
    ["an incomplete object as text", "description={a", "{a"],
  ])("parses %s", (_what, word, value) => {
    expect(parseAssignments([word])).toEqual({ description: value });
  });

  it("keeps several fields, even those named like object properties", () => {
    const assignments = parseAssignments(["aws.ami_ids.us-east-1=ami-0", "__proto__=x"]);
    expect(Object.keys(assignments)).toEqual(["aws.ami_ids.us-east-1", "__proto__"]);
    expect(Object.getPrototypeOf(assignments)).toBe(Object.prototype);
  });

  it.each([
    ["a missing equals sign", ["description"], "--set needs field=value"],
    ["a missing field", ["=x"], "--set needs field=value"],
    ["a field twice", ["a=1", "a=2"], '--set: "a" is given more than once'],
  ])("rejects %s", (_what, words, message) => {
    expect(() => parseAssignments(words)).toThrow(message);
  });
});
