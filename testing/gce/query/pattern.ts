import { type PatternNode, isWord, parsePattern } from "./parse-pattern.ts";

/**
 * The regular expressions of the older filter syntax (`name eq 'web-.*'`), as far as tools send them: characters,
 * escapes, `\b`, `\d`, `\w`, `.`, sets, groups with alternatives, `*`, `+` and `?`. The whole text has to match. Matching takes time in
 * proportion to text and pattern, whatever the pattern: it comes from outside.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const program = parsePattern(source);
  return (text) => {
    let ends = new Set([0]);
    ends = run(program, text, ends);
    return ends.has(text.length);
  };
}

/** Every position at which the nodes may end when they begin at one of these. */
function run(
  nodes: readonly PatternNode[],
  text: string,
  starts: ReadonlySet<number>,
): Set<number> {
  let positions = new Set(starts);
  for (const node of nodes) positions = step(node, text, positions);
  return positions;
}

function step(node: PatternNode, text: string, starts: ReadonlySet<number>): Set<number> {
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
      return new Set(node.options.flatMap((option) => [...run(option, text, starts)]));
    case "repeat": {
      const reached = node.atLeast === 0 ? new Set(starts) : new Set<number>();
      let newest: ReadonlySet<number> = starts;
      // Each turn adds a position that was not reached before, of which a text has only so many.
      while (newest.size > 0) {
        const next = [...step(node.node, text, newest)].filter((at) => !reached.has(at));
        for (const at of next) reached.add(at);
        if (node.once) break;
        newest = new Set(next);
      }
      return reached;
    }
  }
}
