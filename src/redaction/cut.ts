/** The end of a word at the end of a text. */
const LAST_WORD = /[\p{L}\p{N}]{1,32}$/u;

/**
 * The beginning of a peer's words, at most so many characters. The word at the cut is left out: the first half of a
 * short secret is not known for one by a redactor.
 */
export function cutWords(words: string, longest: number): string {
  if (words.length <= longest) return words;
  const cut = words.slice(0, longest);
  return cut.slice(0, cut.length - (LAST_WORD.exec(cut.slice(-32))?.[0].length ?? 0));
}
