import { describe, expect, it } from "vitest";
import { belongsToAnother } from "../../../src/host/file-owner.ts";

describe("belongsToAnother", () => {
  it.each([
    ["this user's own file", 1000, 1000, false],
    ["root's file", 0, 1000, false],
    ["a third user's file", 1001, 1000, true],
    ["a user's file, seen by root", 1000, 0, true],
    ["any file where users have no numbers", 1000, null, false],
  ])("%s", (_what, uid, user, another) => {
    expect(belongsToAnother({ uid }, user)).toBe(another);
  });
});
