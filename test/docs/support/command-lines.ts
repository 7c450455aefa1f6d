import { allBlocks, codeSpansOf, documentNames } from "./documents.ts";

/** A Slipway command line in a document. */
export interface CommandLine {
  readonly at: string;
  readonly line: string;
  /** Without the program's name. */
  readonly words: readonly string[];
}

const PROGRAM = /^(?:\$ )?(?:.*\| *)?(?:npm run --silent slipway --|npx slipway|slipway)(?: +|$)/u;

/** Every command line of the documents: in shell blocks, after a prompt, and in code spans. */
export function commandLines(): readonly CommandLine[] {
  const shown = allBlocks().flatMap(({ at, language, subject, text }) => {
    // Mistakes on purpose, which another test plays.
    if (subject === "mistake") return [];
    const lines = text.replaceAll("\\\n", " ").split("\n");
    if (language === "sh") return lines.map((line) => ({ at, line }));
    if (language !== "console") return [];
    return lines.filter((line) => line.startsWith("$ ")).map((line) => ({ at, line }));
  });
  const spoken = documentNames().flatMap((at) => codeSpansOf(at).map((line) => ({ at, line })));
  return [...shown, ...spoken].flatMap(({ at, line }) => {
    const program = PROGRAM.exec(line)?.[0];
    return program === undefined
      ? []
      : [{ at, line, words: shellWords(line.slice(program.length)) }];
  });
}

/** The words of a shell command, up to a redirection, a pipe or a comment. */
export function shellWords(text: string): readonly string[] {
  const words: string[] = [];
  for (const [piece] of text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/gu)) {
    if (/^(?:[0-9]?[<>|#;&])/u.test(piece)) break;
    words.push(piece.replaceAll(/'([^']*)'|"([^"]*)"/gu, "$1$2"));
  }
  return words;
}
