const NEWLINE = 0x0a;

/**
 * What a machine has printed since: EC2 shows the last 64 KiB of its console, a window that moves on. What both windows
 * have in common is the longest end of the earlier that the later begins with; without one everything is new.
 */
export function newOutput(earlier: Uint8Array, later: Uint8Array): Uint8Array {
  const borders = bordersOf(later);
  let matched = 0;
  for (const byte of earlier) {
    while (matched > 0 && (matched === later.length || later[matched] !== byte))
      matched = borders[matched - 1] ?? 0;
    if (later[matched] === byte) matched += 1;
  }
  return later.subarray(matched);
}

/** For each beginning of the text, the length of its longest proper beginning that is its end too (Knuth, Morris, Pratt). */
function bordersOf(text: Uint8Array): Uint32Array {
  const borders = new Uint32Array(text.length);
  for (let end = 1, length = 0; end < text.length; end += 1) {
    while (length > 0 && text[length] !== text[end]) length = borders[length - 1] ?? 0;
    if (text[length] === text[end]) length += 1;
    borders[end] = length;
  }
  return borders;
}

/** The last lines, a line that is not ended among them; null for all. */
export function lastLines(output: Uint8Array, lines: number | null): Uint8Array {
  if (lines === null) return output;
  if (lines <= 0) return output.subarray(output.length);
  let left = lines;
  for (let at = output.length - 2; at >= 0; at -= 1) {
    if (output[at] !== NEWLINE) continue;
    left -= 1;
    if (left === 0) return output.subarray(at + 1);
  }
  return output;
}
