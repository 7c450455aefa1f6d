/** A partial word at the end of a text. */
const LAST_WORD = /[\p{L}\p{N}]{1,32}$/u;

/**
 * Truncates a peer's words. Leaves out the word at the cut, because a redactor does not recognise the first half of a
 * short secret.
 */
export function cutWords(words: string, longest: number): string {
  if (words.length <= longest) return words;
  const cut = words.slice(0, longest);
  return cut.slice(0, cut.length - (LAST_WORD.exec(cut.slice(-32))?.[0].length ?? 0));
}
