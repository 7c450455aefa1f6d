import { distance } from "fastest-levenshtein";

/** The most edits between a misspelling and its suggestion: a larger distance suggests unrelated words. */
const MOST_EDITS = 3;
/** Shorter words begin too many others. */
const SHORTEST_START = 4;
/** Longer words are not compared: the comparison takes time in proportion to their length. */
const LONGEST_WORD = 100;

/**
 * The candidate that a misspelt word most likely means; null if none is close enough. Case, `-` and `_` count as equal.
 */
export function closestTo(word: string, known: Iterable<string>): string | null {
  const candidates = [...known];
  const wanted = simplified(word);
  if (wanted === "" || wanted.length > LONGEST_WORD) return null;
  const furthest = Math.min(MOST_EDITS, Math.ceil(wanted.length / 3));
  let best: { readonly candidate: string; readonly edits: number } | null = null;
  for (const candidate of candidates) {
    const edits = editsBetween(wanted, simplified(candidate.slice(0, LONGEST_WORD)));
    if (edits <= furthest && (best === null || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate ?? onlyLonger(wanted, candidates);
}

/** The insertions, deletions and replacements between two words; two neighboring letters in the wrong order count once. */
function editsBetween(one: string, other: string): number {
  const edits = distance(one, other);
  return edits === 2 && isSwapped(one, other) ? 1 : edits;
}

function isSwapped(one: string, other: string): boolean {
  let at = 0;
  while (one[at] === other[at]) at += 1;
  return `${one.slice(0, at)}${one.charAt(at + 1)}${one.charAt(at)}${one.slice(at + 2)}` === other;
}

/** The only candidate that begins with the word: `image` is short for `image_ref`. */
function onlyLonger(wanted: string, candidates: readonly string[]): string | null {
  if (wanted.length < SHORTEST_START) return null;
  const longer = candidates.filter((candidate) => simplified(candidate).startsWith(wanted));
  return longer.length === 1 ? (longer[0] ?? null) : null;
}

function simplified(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}
