import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Decoder,
  type DecodingState,
  formatNote,
  goBoolean,
  goInteger,
  goMap,
  goPointer,
  goStruct,
  goText,
  goTexts,
  goTime,
} from "../../../../src/oci/image/go-json.ts";

const inner = goStruct({ Test: goTexts, Retries: goInteger });
const decoder = goStruct({
  Env: goTexts,
  User: goText,
  Tty: goBoolean,
  Count: goInteger,
  Labels: goMap(goText, ""),
  Healthcheck: goPointer(inner),
  created: goTime,
});

function decode(text: string): { readonly value: unknown; readonly notes: readonly string[] } {
  const state: DecodingState = { text, at: 0, notes: [] };
  const value = (decoder satisfies Decoder<object>).decode(state, [], undefined);
  return { value, notes: state.notes.map(formatNote) };
}

// Each row was decoded by Docker 20.10 in an image configuration, and by encoding/json of Go 1.26.
describe("goStruct", () => {
  it.each([
    ["a name in lower case", '{"env":["A=1"]}', { Env: ["A=1"] }],
    ["a name in upper case", '{"USER":"0"}', { User: "0" }],
    ["the later of two spellings", '{"Env":["A=1"],"env":["B=2"]}', { Env: ["B=2"] }],
    ["the exact spelling, if it is later", '{"env":["B=2"],"Env":["A=1"]}', { Env: ["A=1"] }],
    ["the last of three", '{"Env":["A"],"env":["B"],"Env":["C"]}', { Env: ["C"] }],
    ["null after a list", '{"Env":["A=1"],"Env":null}', { Env: null }],
    ["null after a string", '{"User":"0","user":null}', { User: "0" }],
    ["null alone, for a string", '{"User":null}', {}],
    ["null among strings", '{"Env":[null,"A=1"]}', { Env: ["", "A=1"] }],
    ["null in a map", '{"Labels":{"q":null}}', { Labels: { q: "" } }],
    [
      "two maps",
      '{"Labels":{"p":"1","r":"1"},"labels":{"q":"2","r":"2"}}',
      { Labels: { p: "1", q: "2", r: "2" } },
    ],
    [
      "two structs",
      '{"Healthcheck":{"Test":["CMD"],"Retries":3},"healthcheck":{"retries":4}}',
      { Healthcheck: { Test: ["CMD"], Retries: 4 } },
    ],
    [
      "null for a pointer",
      '{"Healthcheck":{"Retries":3},"Healthcheck":null}',
      { Healthcheck: null },
    ],
    ["a long s for an s", '{"Label\u017F":{"k":"v"}}', { Labels: { k: "v" } }],
    ["half a surrogate pair", String.raw`{"User":"\ud800"}`, { User: "\uFFFD" }],
    [
      "a key named __proto__",
      '{"Labels":{"__proto__":"x"}}',
      { Labels: Object.fromEntries([["__proto__", "x"]]) },
    ],
    [
      "an unknown member of any shape",
      '{"x":{"User":["}",{"a":"]\\\\"}]},"User":"0"}',
      { User: "0" },
    ],
    ["white space", ' {\n"User"\t:\r"0" , "Tty" : true } ', { User: "0", Tty: true }],
  ])("reads %s", (_what, text, value) => {
    expect(decode(text).value).toEqual(value);
  });

  it.each([
    ['{"Env":"A=1"}', "Env: not an array"],
    ['{"Env":[1]}', "Env[0]: not a string"],
    ['{"Env":[["A"]]}', "Env[0]: not a string"],
    ['{"User":5}', "User: not a string"],
    ['{"Tty":"true"}', "Tty: not true or false"],
    ['{"Count":"1"}', "Count: not an integer"],
    ['{"Count":1.5}', "Count: not an integer"],
    ['{"Count":1e9}', "Count: not an integer"],
    ['{"Labels":["a=b"]}', "Labels: not an object"],
    ['{"Labels":{"a b":1}}', 'Labels["a b"]: not a string'],
    ['{"Healthcheck":"curl"}', "Healthcheck: not an object"],
    ['{"Healthcheck":{"Test":"curl"}}', "Healthcheck.Test: not an array"],
    ['{"created":""}', "created: not a date and time of RFC 3339"],
    ['{"created":"2020-01-01 00:00:00Z"}', "created: not a date and time of RFC 3339"],
    ['{"created":"2020-01-01T00:00:00"}', "created: not a date and time of RFC 3339"],
    ['{"created":"2020-02-30T00:00:00Z"}', "created: not a date and time of RFC 3339"],
    ['{"created":5}', "created: not a date and time of RFC 3339"],
    ["[]", "not an object"],
    ["5", "not an object"],
  ])("notes what Go cannot decode in %s", (text, note) => {
    expect(decode(text).notes).toEqual([note]);
  });

  it.each([
    "0001-01-01T00:00:00Z",
    "2016-02-29T23:59:59.999999999+14:00",
    "1980-01-01T00:00:00-00:30",
  ])("reads the date %s", (created) => {
    expect(decode(JSON.stringify({ created }))).toEqual({ value: { created }, notes: [] });
  });

  it("notes names that are misspelled or repeated", () => {
    expect(decode('{"env":[],"Env":[]}').notes).toEqual([
      'Env: is spelled "env"',
      "Env: appears more than once",
    ]);
  });

  it("consumes any JSON text whole, and reads what JSON.parse reads", () => {
    const anything = fc.dictionary(fc.string(), fc.jsonValue());
    const member = fc.record({
      User: fc.string({ unit: "grapheme" }),
      Labels: fc.dictionary(fc.string(), fc.string()),
    });
    fc.assert(
      fc.property(anything, member, fc.constantFrom(0, 2), (unknown, known, indent) => {
        const names = new Set(["env", "user", "tty", "count", "labels", "healthcheck", "created"]);
        const rest = Object.entries(unknown).filter(([name]) => !names.has(name.toLowerCase()));
        const text = JSON.stringify(
          Object.fromEntries([...rest, ...Object.entries(known)]),
          null,
          indent,
        );
        const state: DecodingState = { text: `${text}!`, at: 0, notes: [] };
        expect(decoder.decode(state, [], undefined)).toEqual(known);
        expect(state).toMatchObject({ at: text.length, notes: [] });
      }),
    );
  });

  it("skips values that are nested deeply", () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(decode(`{"x":${deep},"User":"0"}`).value).toEqual({ User: "0" });
  });
});
