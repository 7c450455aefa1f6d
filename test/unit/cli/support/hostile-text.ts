import fc from "fast-check";

/** Arbitrary text, mostly control characters and marks that change the text direction. */
export const hostileText: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(
    fc.constantFrom("\u001b", "\n", "\r", "\t", "\u007f", "\u009b", "\u0085", "\u2028", "\u202e"),
    fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
    fc.integer({ min: 0, max: 0xd7ff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom("😀", "#", ":", "-", '"', "'", " "),
  ),
});
