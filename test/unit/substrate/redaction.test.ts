import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { createRedactor } from "../../../src/substrate/redaction.ts";

const PASSWORD = 'p"ä ss/wörd';

function redactorOf(...values: readonly string[]) {
  return createRedactor(() => values.map((value) => new SecretValue(value)));
}

describe("createRedactor", () => {
  it.each([
    ["as it is", PASSWORD],
    ["in JSON", JSON.stringify({ password: PASSWORD })],
    ["in a URL", `https://registry.test/token?password=${encodeURIComponent(PASSWORD)}`],
  ])("takes a secret out of a text %s", (_where, text) => {
    const told = redactorOf(PASSWORD).text(text);
    expect(told).toContain("[redacted]");
    for (const part of ["ss/w", "w%C3%B6rd", "wörd"]) expect(told).not.toContain(part);
  });

  it("takes it out of base64, wherever it stands in what was encoded", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 7 }),
        fc.string({ minLength: 9, maxLength: 40 }),
        fc.string({ unit: "binary", maxLength: 7 }),
        (before, secret, behind) => {
          const text = Buffer.from(`${before}${secret}${behind}`).toString("base64");
          const told = redactorOf(secret).text(`header ${text} end`);
          expect(told).toMatch(/^header .*\[redacted\].* end$/);
          // A character that the secret shares with its neighbours may be left at either end.
          const left = told.length - "header [redacted] end".length;
          const hidden = Buffer.byteLength(secret) * (8 / 6) - 2;
          expect(left).toBeLessThanOrEqual(text.length - hidden);
        },
      ),
    );
  });

  it("leaves other texts alone, and values too short to be secrets", () => {
    const text = "pull of registry.test/agents/base failed";
    expect(redactorOf(PASSWORD, "a", "").text(text)).toBe(text);
  });

  it("replaces the longer of two secrets first", () => {
    expect(redactorOf("secret", "secret-and-more").text("secret-and-more")).toBe("[redacted]");
  });

  it("reveals no secret before there is a text to look at", () => {
    let revealed = 0;
    const redactor = createRedactor(() => {
      revealed += 1;
      return [];
    });
    expect(revealed).toBe(0);
    redactor.text("one");
    redactor.text("two");
    expect(revealed).toBe(1);
  });

  it("takes a secret out of every part of an error, and keeps the rest", () => {
    const cause = Object.assign(new Error(`401 for ${PASSWORD}`), { code: "EAUTH" });
    const original = new SlipwayError({
      code: "UNAUTHENTICATED",
      reason: "REGISTRY_UNAUTHENTICATED",
      message: `refused ${PASSWORD}`,
      remedy: `do not use ${PASSWORD}`,
      blastRadius: "credential",
      retry: "next-candidate",
      metadata: { list: [{ deep: PASSWORD }], count: 3, nothing: null },
      checks: [{ name: "x", message: PASSWORD }],
      cause,
    });
    const told = redactorOf(PASSWORD).error(original);
    expect(told.toJSON()).toEqual({
      code: "UNAUTHENTICATED",
      reason: "REGISTRY_UNAUTHENTICATED",
      message: "refused [redacted]",
      remedy: "do not use [redacted]",
      blast_radius: "credential",
      retry: "next-candidate",
      metadata: { list: [{ deep: "[redacted]" }], count: 3, nothing: null },
      checks: [{ name: "x", message: "[redacted]" }],
    });
    expect(told.cause).toMatchObject({ message: "401 for [redacted]", code: "EAUTH" });
    const causeStack = told.cause instanceof Error ? told.cause.stack : "";
    for (const stack of [told.stack, causeStack]) {
      expect(stack).toContain("redaction.test.ts");
      expect(stack).not.toContain(PASSWORD);
    }
  });

  it("gives back the very error that holds no secret", () => {
    const error = new SlipwayError({ code: "INTERNAL", reason: "INTERNAL", message: "no" });
    expect(redactorOf(PASSWORD).error(error)).toBe(error);
  });
});
