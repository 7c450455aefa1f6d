/**
 * The text of the first JSON object. Docker's decoder stops there: it ignores what an earlier, longer file left behind, and
 * what a credential helper prints after its answer.
 */
export function firstJsonValue(text: string): string {
  let depth = 0;
  // Strings are skipped as a whole, because they may contain braces.
  for (const { 0: piece, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (piece === "{") depth += 1;
    if (piece === "}") depth -= 1;
    if (piece === "}" && depth === 0) return text.slice(0, index + 1);
  }
  return text;
}
