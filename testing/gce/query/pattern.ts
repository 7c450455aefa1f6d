import { type PatternNode, isWord, parsePattern } from "./parse-pattern.ts";

/**
 * The regular expressions of the older filter syntax (`name eq 'web-.*'`), as far as tools use them: characters,
 * escapes, `\b`, `\d`, `\w`, `.`, sets, groups with alternatives, `*`, `+` and `?`. The whole text has to match. Patterns
 * are untrusted input; the time is proportional to the product of the lengths of text and pattern, for every pattern.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const program = parsePattern(source);
  return (text) => {
    let ends = new Set([0]);
    ends = matchNodes(program, text, ends);
    return ends.has(text.length);
  };
}

/** All positions at which the nodes can end if they begin at one of these positions. */
function matchNodes(
  nodes: readonly PatternNode[],
  text: string,
  starts: ReadonlySet<number>,
): Set<number> {
  let positions = new Set(starts);
  for (const node of nodes) positions = matchNode(node, text, positions);
  return positions;
}

function matchNode(node: PatternNode, text: string, starts: ReadonlySet<number>): Set<number> {
  switch (node.kind) {
    case "character":
      return new Set(
        [...starts].flatMap((at) => {
          const character = text[at];
          return character !== undefined && node.accepts(character) ? [at + 1] : [];
        }),
      );
    case "boundary":
      return new Set([...starts].filter((at) => isWord(text[at - 1]) !== isWord(text[at])));
    case "choice":
      return new Set(node.options.flatMap((option) => [...matchNodes(option, text, starts)]));
    case "repeat": {
      const reached = node.atLeast === 0 ? new Set(starts) : new Set<number>();
      let newest: ReadonlySet<number> = starts;
      // Each iteration adds a new position, and a text has a finite number of positions.
      while (newest.size > 0) {
        const next = [...matchNode(node.node, text, newest)].filter((at) => !reached.has(at));
        for (const at of next) reached.add(at);
        if (node.once) break;
        newest = new Set(next);
      }
      return reached;
    }
  }
}
