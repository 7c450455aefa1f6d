import { describe, expect, it } from "vitest";
import { goMembers } from "../../../src/json/go-members.ts";

/** Each expectation is what Go 1.24's encoding/json does with a struct of the same fields. */
describe("members of a document, as Go reads them", () => {
  it.each<[what: string, text: string, members: object]>([
    ["a name in another case", '{"TOKEN": "a"}', { token: "a" }],
    ["the last of several spellings", '{"token": "a", "Token": "b"}', { token: "b" }],
    ["null, which leaves a member", '{"token": "a", "Token": null}', { token: "a" }],
    [
      "letters that fold to k and s",
      '{"to\u212Aen": "a", "expire\u017F_in": 1}',
      { token: "a", expires_in: 1 },
    ],
    ["a letter that does not", '{"to\u0138en": "a"}', {}],
    ["other members", '{"scope": "all"}', {}],
  ])("%s", (_what, text, members) => {
    expect(goMembers(JSON.parse(text), ["token", "expires_in"])).toEqual(members);
  });
});
