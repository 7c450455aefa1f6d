import { describe, expect, it } from "vitest";
import { clonePath } from "../../../src/plan/clone-path.ts";

describe("clonePath", () => {
  it.each([
    ["https://github.com/acme/app", "/workspaces/app"],
    ["https://github.com/acme/app.git", "/workspaces/app"],
    ["https://git.example.com:8443/a/b.c", "/workspaces/b.c"],
    ["https://git.example.com/a/gr%C3%B6%C3%9Fe", "/workspaces/gr-C3-B6-C3-9Fe"],
    ["https://git.example.com/a/$(id)", "/workspaces/-id-"],
    ["https://git.example.com", null],
    ["https://git.example.com/a/", null],
    ["https://git.example.com/a/.git", null],
    ["https://git.example.com/a/...", null],
  ])("of %s is %s", (url, path) => {
    expect(clonePath(url)).toBe(path);
  });
});
