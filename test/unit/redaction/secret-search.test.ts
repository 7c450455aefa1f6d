import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../src/redaction/redactor.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { SECRET_FORMS } from "../../support/secret-forms.ts";
import { scanFor } from "../../support/world-secrets.ts";

const PASSWORD = 'p"ä ss/w%41\\b4örd & <Co';

function redact(text: string, ...secrets: readonly (string | Uint8Array)[]): string {
  const values = secrets.map((secret) => new SecretValue(secret));
  return createRedactor(() => values).text(text);
}

describe("a secret", () => {
  const forms = Object.entries(SECRET_FORMS);

  it.each(forms)("is found %s", (_how, form) => {
    const text = `before ${form(PASSWORD)} behind`;
    expect(scanFor({ PASSWORD })(text)).toEqual(["PASSWORD"]);
    const told = redact(text, PASSWORD);
    expect(scanFor({ PASSWORD })(told)).toEqual([]);
    expect(told).toMatch(/^before .*\[redacted\].* behind$/);
  });

  it("is found in any form, whatever stands around it", () => {
    const around = fc.string({ unit: "binary", maxLength: 7 });
    const word = fc.string({ unit: "grapheme", minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.tuple(around, around),
        word.map((text) => text.trim()).filter((text) => /^\P{C}{8,}$/u.test(text)),
        fc.constantFrom(...forms),
        ([before, behind], secret, [, form]) => {
          const told = redact(`${before} ${form(secret)} ${behind}`, secret);
          expect(scanFor({ secret })(told)).toEqual([]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("leaves what stands around it as it is, but for the letters that it shares in base64", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 7 }),
        fc.string({ minLength: 9, maxLength: 40 }),
        fc.string({ unit: "binary", maxLength: 7 }),
        (before, secret, behind) => {
          const text = Buffer.from(`${before}${secret}${behind}`).toString("base64");
          const told = redact(`header ${text} end`, secret);
          expect(told).toMatch(/^header .*\[redacted\].* end$/);
          const left = told.length - "header [redacted] end".length;
          const hidden = Buffer.byteLength(secret) * (8 / 6) - 2;
          expect(left).toBeLessThanOrEqual(text.length - hidden);
        },
      ),
    );
    expect(redact("a%20b%ZZ \\u12 &amp; \\q x secret-1 %41\\", "secret-1")).toBe(
      "a%20b%ZZ \\u12 &amp; \\q x [redacted] %41\\",
    );
  });

  it("is found by each of its lines", () => {
    const key = "-----BEGIN KEY-----\r\nfirst line of it\n\nsecond line\n-----END KEY-----\n";
    expect(redact("LOG second line\nLOG first line of it", key)).toBe(
      "LOG [redacted]\nLOG [redacted]",
    );
  });

  it("is found if it is not text", () => {
    const bytes = Uint8Array.from({ length: 12 }, (_none, index) => 0xf0 + index);
    const encodings = ["hex", "base64", "base64url"] as const;
    for (const encoding of encodings)
      expect(redact(Buffer.from(bytes).toString(encoding), bytes)).toBe("[redacted]");
  });

  it("is found by its beginning in a text that was cut, if that is half of it", () => {
    const token = "tok_0123456789abcdefghijklmnopqrstuvwxyz";
    expect(redact(`refused: ${token.slice(0, 21)}… (40 characters)`, token)).toBe(
      "refused: [redacted]… (40 characters)",
    );
    expect(redact("refused: tok_0123", token)).toBe("refused: tok_0123");
    expect(redact("the registry refused", "registry1")).toBe("the registry refused");
  });

  it("is replaced whole where another one is its beginning", () => {
    expect(redact("secret-and-more", "secret-and", "secret-and-more")).toBe("[redacted]");
    expect(redact("secret-1secret-2", "secret-1", "secret-2")).toBe("[redacted]");
  });
});

describe("a text without secrets", () => {
  it.each([
    ["", "pull of registry.test/agents/base failed"],
    ["a", "pull of registry.test/agents/base failed"],
    ["abc", "abc"],
    ["test", "contest: latest image of testing/attested"],
    ["admin", "administrators of sysadmin"],
    ["hunter2", "hunter22 and xhunter2"],
  ])("stays as it is, with the short value %j", (secret, text) => {
    expect(redact(text, secret)).toBe(text);
  });

  it("loses a short value only as a word of its own", () => {
    expect(redact("user:test, test@host (test) contest", "test")).toBe(
      "user:[redacted], [redacted]@host ([redacted]) contest",
    );
  });

  it("stays as it is", () => {
    const secret = new SecretValue("kX9#mQ2!vT7$");
    const redactor = createRedactor(() => [secret]);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        expect(redactor.text(text)).toBe(text);
      }),
    );
  });
});

describe("the time that a search takes", () => {
  // Each of these texts takes minutes in quadratic time.
  const LENGTH = 300_000;

  it.each([
    ["a secret of one letter but for its end", `${"a".repeat(50_000)}b`, "a".repeat(LENGTH)],
    ["a secret of one letter", "a".repeat(50_000), "a".repeat(LENGTH)],
    ["many secrets that begin alike", "ab".repeat(9), "ab".repeat(LENGTH / 2)],
    ["nothing but escapes", "secret-1", "\\".repeat(LENGTH)],
    ["nothing but percent signs", "secret-1", "%25".repeat(LENGTH / 3)],
    ["nothing but entities that are none", "secret-1", "&#".repeat(LENGTH / 2)],
  ])("is linear for %s", { timeout: 10_000 }, (_what, secret, text) => {
    expect(redact(text, secret).length).toBeLessThanOrEqual(text.length);
  });
});
