const STATEMENT_END = ";\n";
const DECLARATION = /^(?:export )?(?:const|var) ([\w$]+) = /;
const NAME = /[A-Za-z_$][\w$]*/g;

/**
 * The statements of a module that some of its exports need, as a bundler would leave them: EC2's shapes are one file of
 * thirteen thousand statements, of which a dozen calls need a tenth, and to run all of them takes longer than to leave
 * most of them out.
 *
 * Every name within a needed statement counts as needed, also where it is only a word in a text, and so does every
 * statement that declares nothing: what is kept may be too much, never too little.
 *
 * @param source statements that each begin on a line of their own and declare at most one name
 * @returns null where an export is declared in another way
 */
export function neededStatements(source: string, exports: readonly string[]): string | null {
  const statements = source.split(STATEMENT_END);
  const declared = new Map<string, number>();
  const needed = new Set<number>();
  for (const [place, statement] of statements.entries()) {
    const name = DECLARATION.exec(statement)?.[1];
    if (name === undefined) needed.add(place);
    else declared.set(name, place);
  }
  for (const name of exports) {
    const place = declared.get(name);
    if (place === undefined) return null;
    needed.add(place);
  }
  // A set is walked in the order in which it grows, and to its end.
  for (const place of needed) {
    for (const name of statements[place]?.match(NAME) ?? []) {
      const named = declared.get(name);
      if (named !== undefined) needed.add(named);
    }
  }
  return statements.filter((_, place) => needed.has(place)).join(STATEMENT_END);
}
