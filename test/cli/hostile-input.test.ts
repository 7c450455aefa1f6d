import { describe, expect, it } from "vitest";
import { scratchCatalog } from "./support/scratch-catalog.ts";

const MEBIBYTE = 1024 * 1024;
const GOOD = "name: a\narchitecture: ARCHITECTURE_AMD64\ndocker: {image_ref: a/b}\n";

/** Nine lists, each with nine aliases of the previous one. */
function explodingAnchors(): string {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  return names
    .map((name, index) => {
      const item = index === 0 ? "lol" : `*${names[index - 1] ?? ""}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => item).join(", ")}]\n`;
    })
    .join("");
}

describe("malicious standard input", () => {
  it.each<readonly [string, string | Uint8Array]>([
    ["anchors that expand exponentially", explodingAnchors()],
    ["a duplicate key", `${GOOD}description: x\ndescription: y\n`],
    ["a duplicate key in JSON", '{"name": "a", "name": "b"}'],
    ["__proto__", `${GOOD}__proto__: {polluted: true}\n`],
    ["constructor.prototype", `${GOOD}constructor: {prototype: {polluted: true}}\n`],
    ["a tag", `${GOOD}description: !!js/function "x"\n`],
    ["several documents", `${GOOD}---\n${GOOD}`],
    ["UTF-16", Buffer.from(GOOD, "utf16le")],
    ["bytes that are not text", new Uint8Array([0x6e, 0xff, 0xfe, 0x00])],
    ["empty input", ""],
    ["a list", "- a\n- b\n"],
    ["a word", "hello"],
    ["depth", "[".repeat(100_000)],
    ["ten megabytes", Buffer.alloc(10 * MEBIBYTE, "a: b\n")],
  ])("is rejected before the test times out: %s", async (_what, stdin) => {
    using catalog = scratchCatalog();
    const ran = await catalog.run(["set", "image", "a", "-o", "json"], { stdin });
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: "INVALID_ARGUMENT" } });
    expect(ran.stderr).not.toContain("    at ");
  });

  it("may contain a secret of up to one mebibyte", async () => {
    using catalog = scratchCatalog();
    const most = await catalog.run(["set", "secret", "S"], { stdin: Buffer.alloc(MEBIBYTE, "x") });
    expect(most.exitCode).toBe(0);
    const more = await catalog.run(["set", "secret", "S"], {
      stdin: Buffer.alloc(MEBIBYTE + 1, "x"),
    });
    expect(more).toMatchObject({ exitCode: 2, stdout: "" });
  });
});
