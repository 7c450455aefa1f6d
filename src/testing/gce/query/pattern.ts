import { GceFailure } from "../failure.ts";

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

type Node =
  | { readonly kind: "character"; readonly accepts: (character: string) => boolean }
  | { readonly kind: "boundary" }
  | { readonly kind: "choice"; readonly options: readonly (readonly Node[])[] }
  | {
      readonly kind: "repeat";
      readonly node: Node;
      readonly atLeast: 0 | 1;
      readonly once: boolean;
    };

/** Every position at which the nodes may end when they begin at one of these. */
function run(nodes: readonly Node[], text: string, starts: ReadonlySet<number>): Set<number> {
  let positions = new Set(starts);
  for (const node of nodes) positions = step(node, text, positions);
  return positions;
}

function step(node: Node, text: string, starts: ReadonlySet<number>): Set<number> {
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

function parsePattern(source: string): readonly Node[] {
  let position = 0;
  const fail = (): GceFailure =>
    new GceFailure("invalid", `Invalid value for field 'filter': no regular expression: ${source}`);

  const readChoice = (depth: number): Node => {
    if (depth > 20) throw fail();
    const options: Node[][] = [[]];
    while (position < source.length && source[position] !== ")") {
      if (source[position] === "|") {
        position += 1;
        options.push([]);
      } else options.at(-1)?.push(readRepeated(depth));
    }
    return { kind: "choice", options };
  };
  const readRepeated = (depth: number): Node => {
    const node = readOne(depth);
    const sign = source[position];
    if (sign !== "*" && sign !== "+" && sign !== "?") return node;
    position += 1;
    return { kind: "repeat", node, atLeast: sign === "+" ? 1 : 0, once: sign === "?" };
  };
  const readOne = (depth: number): Node => {
    const character = source[position] ?? "";
    position += 1;
    if (character === "(") {
      if (source.startsWith("?:", position)) position += 2;
      const choice = readChoice(depth + 1);
      if (source[position] !== ")") throw fail();
      position += 1;
      return choice;
    }
    // The whole text is matched anyway.
    if (character === "^" || character === "$") return { kind: "choice", options: [[]] };
    if (character === ".") return { kind: "character", accepts: () => true };
    if (character === "[") return readSet();
    if ("*+?{}".includes(character)) throw fail();
    return character === "\\" ? readEscaped() : literal(character);
  };
  const readEscaped = (): Node => {
    const character = source[position];
    position += 1;
    if (character === "b") return { kind: "boundary" };
    if (character === "w") return { kind: "character", accepts: isWord };
    if (character === "d") return { kind: "character", accepts: (one) => /^\d$/.test(one) };
    if (character === undefined || /[a-zA-Z0-9]/.test(character)) throw fail();
    return literal(character);
  };
  const readSet = (): Node => {
    const isNegated = source[position] === "^";
    if (isNegated) position += 1;
    const ranges: [string, string][] = [];
    while (source[position] !== "]") {
      const first = source[position];
      if (first === undefined) throw fail();
      const isRange = source[position + 1] === "-" && source[position + 2] !== "]";
      const last = isRange ? (source[position + 2] ?? first) : first;
      ranges.push([first, last]);
      position += isRange ? 3 : 1;
    }
    position += 1;
    const inside = (character: string): boolean =>
      ranges.some(([first, last]) => character >= first && character <= last);
    return { kind: "character", accepts: (character) => inside(character) !== isNegated };
  };

  const whole = readChoice(0);
  if (position !== source.length) throw fail();
  return [whole];
}

function literal(expected: string): Node {
  return { kind: "character", accepts: (character) => character === expected };
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /^\w$/.test(character);
}
