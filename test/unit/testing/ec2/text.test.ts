import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ec2Failure } from "../../../../testing/ec2/failure.ts";
import { matchesGlob } from "../../../../testing/ec2/glob.ts";
import { parameterTree, parseQuery } from "../../../../testing/ec2/query.ts";
import { xmlElements } from "../../../../testing/ec2/xml.ts";

const escaped = (text: string): string => text.replaceAll(/[*?\\]/g, (letter) => `\\${letter}`);

describe("patterns of filters", () => {
  it("match like the equivalent regular expressions", () => {
    const small = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(
        small,
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 }),
        (pattern, text) => {
          const expression = pattern.replaceAll("*", ".*").replaceAll("?", ".");
          expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${expression}$`).test(text));
        },
      ),
    );
  });

  it("match an escaped text and no other", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        expect(matchesGlob(escaped(text), text)).toBe(true);
        expect(matchesGlob(escaped(text), other)).toBe(text === other);
      }),
    );
  });

  it("match adversarial input in reasonable time", () => {
    expect(matchesGlob("*a".repeat(2000), "a".repeat(1999))).toBe(false);
  });
});

describe("XML", () => {
  it("escapes any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const xml = xmlElements({ a: text, b: 1 });
        const content = /^<a>([^<>]*)<\/a><b>1<\/b>$/.exec(xml)?.[1] ?? "";
        const back = content
          .replaceAll("&lt;", "<")
          .replaceAll("&gt;", ">")
          .replaceAll("&quot;", '"')
          .replaceAll("&#xD;", "\r")
          .replaceAll("&amp;", "&");
        expect(text === "" ? xml : back).toBe(text === "" ? "<a/><b>1</b>" : text);
      }),
    );
  });

  it("omits missing values, and keeps empty ones", () => {
    expect(xmlElements({ a: null, b: undefined, c: [], d: {}, e: false, f: [1, "x"] })).toBe(
      "<c/><d/><e>false</e><f><item>1</item><item>x</item></f>",
    );
  });
});

describe("parameters", () => {
  it("are parsed from any form, or rejected with an EC2 code", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
        const form = new URLSearchParams([["Action", "A"], ["Version", "V"], ...pairs]).toString();
        expect(refusalOf(() => parameterTree(parseQuery(form).parameters))).toMatch(
          /^(|Ec2Failure 400)$/,
        );
      }),
    );
  });
});

/** The error that `work` throws, as text. */
function refusalOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    return error instanceof Ec2Failure ? `${error.name} ${error.status}` : String(error);
  }
}
