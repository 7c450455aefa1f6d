/**
 * Breaks a line at spaces so that each part fits the terminal. A longer word, such as a URL, stays whole.
 *
 * @param columns the width of the terminal; null: not a terminal, the line stays whole
 * @param hanging the indentation of every part but the first
 */
export function wrapLine(line: string, columns: number | null, hanging: string): readonly string[] {
  // Leave one column free: some terminals break a full line themselves.
  const widest = columns === null ? Number.POSITIVE_INFINITY : columns - 1;
  if (line.length <= widest) return [line];
  const [, indentation = "", text = ""] = /^( *)(.*)$/su.exec(line) ?? [];
  const parts: string[] = [];
  let part = indentation;
  for (const word of text.split(" ")) {
    const isFirst = part.trim() === "";
    if (!isFirst && part.length + 1 + word.length > widest) {
      parts.push(part);
      part = `${hanging}${word}`;
    } else part = isFirst ? `${part}${word}` : `${part} ${word}`;
  }
  return [...parts, part];
}
