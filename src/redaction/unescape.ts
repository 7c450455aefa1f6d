/** The bytes of a text after unescaping, each with its position in the original text. */
export interface Reading {
  readonly bytes: Uint8Array;
  /** Index of the first character that a byte comes from, and of the character after the last. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** One kind of escapes. The pattern matches a bounded length, so that the search takes linear time. */
interface Escape {
  readonly pattern: RegExp;
  /** The text that a match stands for, from its groups. */
  readonly meaning: (groups: readonly (string | undefined)[]) => string | Uint8Array;
}

/** Percent-encoding; the escapes of JSON and similar languages; those of XML and HTML. */
const ESCAPES: readonly Escape[] = [
  { pattern: /%([0-9a-f]{2})/gi, meaning: ([hex = ""]) => Buffer.from(hex, "hex") },
  {
    pattern: /\\u([0-9a-f]{4})(?:\\u(d[c-f][0-9a-f]{2}))?|\\x([0-9a-f]{2})|\\(["'\\/bfnrt])/gi,
    meaning: ([unit, second = "", byte, letter = ""]) => {
      if (byte !== undefined) return Buffer.from(byte, "hex");
      if (unit === undefined) return CONTROLS[letter] ?? letter;
      return Buffer.from(unit + second, "hex")
        .swap16()
        .toString("utf16le");
    },
  },
  {
    pattern: /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    meaning: ([decimal, hex, name = ""]) => {
      if (decimal !== undefined) return characterOf(parseInt(decimal, 10));
      return hex === undefined
        ? (ENTITIES[name.toLowerCase()] ?? "")
        : characterOf(parseInt(hex, 16));
    },
  },
];

const CONTROLS: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** Nested escapes are undone up to this depth: JSON inside JSON, a URL inside JSON. */
const MOST_LAYERS = 3;

/** The text unchanged, and with its escapes undone, each kind in any order. */
export function readingsOf(text: string): readonly Reading[] {
  const readings = [readPlainly(text)];
  let layer: readonly Reading[] = readings;
  for (let depth = 0; depth < MOST_LAYERS; depth += 1) {
    layer = layer.flatMap((reading) =>
      ESCAPES.flatMap((escape) => unescape(reading, escape) ?? []),
    );
    readings.push(...layer);
  }
  return readings;
}

function readPlainly(text: string): Reading {
  const bytes = Buffer.from(text, "utf8");
  const starts = new Uint32Array(bytes.length);
  const ends = new Uint32Array(bytes.length);
  let at = 0;
  let start = 0;
  for (const character of text) {
    const end = start + character.length;
    const next = at + Buffer.byteLength(character);
    starts.fill(start, at, next);
    ends.fill(end, at, next);
    at = next;
    start = end;
  }
  return { bytes, starts, ends };
}

/** Null if the text has no such escape. */
function unescape({ bytes, starts, ends }: Reading, { pattern, meaning }: Escape): Reading | null {
  const text = Buffer.from(bytes).toString("latin1");
  // An escape is never shorter than its meaning.
  const undone = {
    bytes: new Uint8Array(bytes.length),
    starts: new Uint32Array(bytes.length),
    ends: new Uint32Array(bytes.length),
  };
  let length = 0;
  let at = 0;
  const copyUntil = (end: number): void => {
    undone.bytes.set(bytes.subarray(at, end), length);
    undone.starts.set(starts.subarray(at, end), length);
    undone.ends.set(ends.subarray(at, end), length);
    length += end - at;
  };
  for (const match of text.matchAll(pattern)) {
    const [whole, ...groups] = match;
    const end = match.index + whole.length;
    copyUntil(match.index);
    const meant = Buffer.from(meaning(groups));
    undone.bytes.set(meant, length);
    undone.starts.fill(starts[match.index] ?? 0, length, length + meant.length);
    undone.ends.fill(ends[end - 1] ?? 0, length, length + meant.length);
    length += meant.length;
    at = end;
  }
  if (at === 0) return null;
  copyUntil(bytes.length);
  return {
    bytes: undone.bytes.subarray(0, length),
    starts: undone.starts.subarray(0, length),
    ends: undone.ends.subarray(0, length),
  };
}

function characterOf(code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "";
}
