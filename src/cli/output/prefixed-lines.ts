const NEWLINE = 0x0a;
/** A longer line is printed in parts, so that a machine that prints no newline does not fill the memory. */
const LONGEST_LINE = 64 * 1024;

/** The output of one of several machines, as lines that begin with its name. */
export interface PrefixedLines {
  /** The lines that these bytes complete; the rest is kept. Empty if they complete none. */
  readonly add: (bytes: Uint8Array) => Uint8Array;
  /** The last line if it has no newline, with one. */
  readonly end: () => Uint8Array;
}

export function createPrefixedLines(prefix: string): PrefixedLines {
  const start = Buffer.from(prefix);
  let rest: Uint8Array[] = [];
  let length = 0;
  const take = (): readonly Uint8Array[] => {
    const line = [start, ...rest, Uint8Array.of(NEWLINE)];
    rest = [];
    length = 0;
    return line;
  };
  const keep = (bytes: Uint8Array): void => {
    // A copy, because a piece may be part of a buffer that its stream uses again.
    rest.push(Uint8Array.from(bytes));
    length += bytes.length;
  };
  return {
    add(bytes) {
      const parts: Uint8Array[] = [];
      for (let from = 0; from < bytes.length;) {
        if (length === LONGEST_LINE && bytes[from] !== NEWLINE) parts.push(...take());
        const newline = bytes.indexOf(NEWLINE, from);
        const room = from + LONGEST_LINE - length;
        const to = Math.min(newline === -1 ? bytes.length : newline, room);
        keep(bytes.subarray(from, to));
        if (to === newline) parts.push(...take());
        from = to === newline ? to + 1 : to;
      }
      return Buffer.concat(parts);
    },
    end: () => (length === 0 ? new Uint8Array() : Buffer.concat(take())),
  };
}
