/** A text as bytes, each with the place in the original text that it was read from. */
export interface Reading {
  readonly bytes: Uint8Array;
  /** Index of the first character that a byte was read from, and of the one after the last. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Text that was escaped twice (JSON inside JSON, a URL inside a URL) is read through both layers. */
const MOST_LAYERS = 2;

/**
 * Percent-encoding, the escapes of JSON and of languages like it, and those of XML and HTML. Every alternative begins
 * with a character of its own and has a fixed length, so that a search takes linear time.
 */
const ESCAPE =
  /%([0-9a-f]{2})|\\u([0-9a-f]{4})(?:\\u(d[c-f][0-9a-f]{2}))?|\\x([0-9a-f]{2})|\\(["'\\/bfnrt])|&(amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});/gi;

const CHARACTERS: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** The text as it is, and as it reads with its escapes undone, once and twice. */
export function readingsOf(text: string): readonly Reading[] {
  const readings = [readPlainly(text)];
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const reading = unescape(readings[layer] ?? readPlainly(""));
    if (reading === null) break;
    readings.push(reading);
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

/** Null where there is nothing to undo. */
function unescape({ bytes, starts, ends }: Reading): Reading | null {
  const text = Buffer.from(bytes).toString("latin1");
  // No escape is shorter than what it stands for.
  const undone = Buffer.alloc(bytes.length);
  const undoneStarts = new Uint32Array(bytes.length);
  const undoneEnds = new Uint32Array(bytes.length);
  let length = 0;
  let at = 0;
  const copyUntil = (end: number): void => {
    undone.set(bytes.subarray(at, end), length);
    undoneStarts.set(starts.subarray(at, end), length);
    undoneEnds.set(ends.subarray(at, end), length);
    length += end - at;
  };
  for (const match of text.matchAll(ESCAPE)) {
    const end = match.index + match[0].length;
    copyUntil(match.index);
    const meant = meaningOf(match);
    undone.set(meant, length);
    undoneStarts.fill(starts[match.index] ?? 0, length, length + meant.length);
    undoneEnds.fill(ends[end - 1] ?? 0, length, length + meant.length);
    length += meant.length;
    at = end;
  }
  if (at === 0) return null;
  copyUntil(bytes.length);
  return {
    bytes: undone.subarray(0, length),
    starts: undoneStarts.subarray(0, length),
    ends: undoneEnds.subarray(0, length),
  };
}

function meaningOf(match: RegExpMatchArray): Uint8Array {
  const [, percent, unit, secondUnit, byte, letter, entity] = match;
  const hexadecimal = percent ?? byte;
  if (hexadecimal !== undefined) return Buffer.from(hexadecimal, "hex");
  return Buffer.from(characterOf({ unit, secondUnit, letter, entity }), "utf8");
}

function characterOf(escape: {
  readonly unit: string | undefined;
  readonly secondUnit: string | undefined;
  readonly letter: string | undefined;
  readonly entity: string | undefined;
}): string {
  const { unit, secondUnit, letter, entity = "" } = escape;
  if (unit !== undefined)
    return String.fromCharCode(
      ...[unit, secondUnit].flatMap((hex) => (hex === undefined ? [] : [parseInt(hex, 16)])),
    );
  if (letter !== undefined) return CHARACTERS[letter] ?? letter;
  if (!entity.startsWith("#")) return CHARACTERS[entity.toLowerCase()] ?? "";
  const digits = entity.slice(1);
  const code = /^x/i.test(digits) ? parseInt(digits.slice(1), 16) : parseInt(digits, 10);
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "";
}
