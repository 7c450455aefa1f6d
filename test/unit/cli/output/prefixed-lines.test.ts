import fc from "fast-check";
import { expect, it } from "vitest";
import { createPrefixedLines } from "../../../../src/cli/output/prefixed-lines.ts";

/** What is printed of output that arrives in these pieces. */
function printed(pieces: readonly Uint8Array[]): string {
  const lines = createPrefixedLines("> ");
  const parts = pieces.map((piece) => {
    const part = lines.add(piece);
    // A stream may use its buffer again.
    piece.fill(0);
    return part;
  });
  return Buffer.concat([...parts, lines.end()]).toString("latin1");
}

it("prints the same lines however the output is cut", () => {
  const byte = fc.oneof(fc.constant(10), fc.constant(13), fc.nat(255));
  const output = fc.uint8Array({ maxLength: 200 }).chain((bytes) =>
    fc.record({
      bytes: fc.constant(bytes),
      cuts: fc.array(fc.nat(bytes.length)),
      more: fc.array(byte),
    }),
  );
  fc.assert(
    fc.property(output, ({ bytes, cuts, more }) => {
      const whole = Buffer.from([...bytes, ...more]);
      const places = [0, ...cuts.toSorted((left, right) => left - right), whole.length];
      const pieces = places
        .slice(1)
        .map((to, index) => Uint8Array.from(whole.subarray(places[index], to)));
      const lines = whole.toString("latin1").split("\n");
      if (lines.at(-1) === "") lines.pop();
      expect(printed(pieces)).toBe(lines.map((line) => `> ${line}\n`).join(""));
    }),
  );
});

it("gives every complete line at once, and keeps the rest", () => {
  const lines = createPrefixedLines("> ");
  expect(Buffer.from(lines.add(Buffer.from("a\nb\nc"))).toString()).toBe("> a\n> b\n");
  expect(lines.add(Buffer.from("d")).length).toBe(0);
  expect(Buffer.from(lines.end()).toString()).toBe("> cd\n");
  expect(lines.end().length).toBe(0);
});

it("cuts a line that is too long, but not before its newline", () => {
  const longest = "x".repeat(64 * 1024);
  expect(printed([Buffer.from(`${longest}\n`)])).toBe(`> ${longest}\n`);
  expect(printed([Buffer.from(longest), Buffer.from("\n")])).toBe(`> ${longest}\n`);
  expect(printed([Buffer.from(longest), Buffer.from("y\n")])).toBe(`> ${longest}\n> y\n`);
  const lines = createPrefixedLines("> ");
  expect(lines.add(Buffer.from(`${longest}${longest}y`)).length).toBe(2 * (longest.length + 3));
});
