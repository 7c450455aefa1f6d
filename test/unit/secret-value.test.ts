import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { SecretValue } from "../../src/secret-value.ts";

describe("SecretValue", () => {
  const secret = new SecretValue("hunter2");

  it.each([
    ["a string", String(secret)],
    ["a concatenation", "" + secret],
    ["JSON", JSON.stringify({ secret })],
    ["an inspection", inspect({ secret }, { depth: 5, showHidden: true })],
    ["its own keys", JSON.stringify(Object.entries(secret))],
  ])("does not show itself in %s", (_name, text) => {
    expect(text).not.toContain("hunter2");
  });

  it("reveals the value on request, as text or byte for byte", () => {
    expect(secret.reveal()).toBe("hunter2");
    expect(new SecretValue(Uint8Array.of(0xff, 0)).revealBytes()).toEqual(Uint8Array.of(0xff, 0));
  });

  it("keeps its value when the bytes passed in or returned are changed", () => {
    const bytes = Buffer.from("hunter2");
    const made = new SecretValue(bytes);
    bytes.fill(0);
    made.revealBytes().fill(0);
    expect(made.reveal()).toBe("hunter2");
  });
});
