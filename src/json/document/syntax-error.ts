import type { ErrorCode } from "yaml";
import type { SlipwayError } from "../../errors.ts";
import { likelyCorrections } from "./corrections.ts";
import type { Correction } from "./corrections.ts";
import { faultAt, LONGEST_SHOWN, mayBeSecret, positionAt } from "./position.ts";
import { SYNTAX_FAULTS } from "./syntax-faults.ts";

/** A fault that the parser found. */
export interface SyntaxFault {
  readonly code: ErrorCode;
  readonly offset: number;
}

/** Checking a correction parses the text again, so that none is sought for a longer text. */
const LONGEST_CORRECTED = 64 * 1024;

/**
 * The error for a fault. If a correction of one line removes the fault, the error is about that line and has the
 * corrected line as its remedy.
 *
 * @param faultOf parses a text and returns its first fault
 */
export function syntaxError(
  text: string,
  { code, offset }: SyntaxFault,
  faultOf: (text: string) => SyntaxFault | null,
): SlipwayError {
  const what = SYNTAX_FAULTS[code];
  if (text.length > LONGEST_CORRECTED || mayBeSecret(text)) return faultAt(text, offset, what);
  const lines = text.split("\n");
  const at = positionAt(text, offset).line - 1;
  const correction = likelyCorrections(code, lines, at).find(({ index, text: line }) => {
    if (line.length > LONGEST_SHOWN) return false;
    const last = Math.max(at, index);
    const corrected = lines.with(index, line);
    const next = faultOf(corrected.join("\n"));
    return next === null || next.offset > offsetOf(corrected, last + 1);
  });
  if (correction === undefined) return faultAt(text, offset, what);
  return faultAt(
    text,
    placeOf(lines, correction),
    correction.what,
    `Write \`${correction.text}\`.`,
  );
}

/** The offset of a line's first character. */
function offsetOf(lines: readonly string[], index: number): number {
  return lines.slice(0, index).reduce((offset, line) => offset + line.length + 1, 0);
}

/** The offset at which the corrected line first differs. */
function placeOf(lines: readonly string[], { index, text }: Correction): number {
  const line = lines[index] ?? "";
  let column = 0;
  while (column < line.length && line[column] === text[column]) column += 1;
  return offsetOf(lines, index) + column;
}
