import { COMMAND_GROUPS } from "./command-list.ts";
import { GLOBAL_FLAGS } from "../global-flag-list.ts";
import { wrapLine } from "../output/wrap.ts";

/** A line of help: what the user types, and what it does. */
export type HelpRow = readonly [form: string, brief: string];

const PURPOSE =
  "slipway turns a workspace (image, machine shape, place) into exactly one running machine.";

/** The width of a terminal in columns; null if the output is not a terminal. */
type Columns = number | null;

/** The output of `slipway --help`, wrapped to the terminal's width. */
export function rootHelp(columns: Columns): string {
  const names = COMMAND_GROUPS.flatMap(({ briefs }) => Object.keys(briefs));
  const width = Math.max(...names.map((name) => name.length));
  return [
    helpText(PURPOSE, columns),
    "USAGE\n  slipway COMMAND [ARGUMENT]... [FLAG]...\n",
    ...COMMAND_GROUPS.map(({ title, briefs }) =>
      helpSection(title, Object.entries(briefs), columns, width),
    ),
    globalFlagsHelp(columns),
    "Run `slipway COMMAND --help` for more about a command.\n",
  ].join("\n");
}

/** The help section for the flags that every command accepts. */
function globalFlagsHelp(columns: Columns): string {
  const rows = GLOBAL_FLAGS.map(({ flag, alias, value, brief, environment }): HelpRow => {
    const name = alias === undefined ? `    ${flag}` : `${alias}, ${flag}`;
    return [
      value === undefined ? name : `${name} ${value}`,
      environment === undefined ? brief : `${brief} [$${environment}]`,
    ];
  });
  const own: readonly HelpRow[] = [
    ["-h, --help", "Show help; after a command, the help of that command"],
    ["    --version", "Show the version"],
  ];
  return helpSection("Global flags", [...rows, ...own], columns);
}

/** The flags that every command accepts, for the help of one command. */
export function globalFlagsLine(columns: Columns): string {
  const flags = GLOBAL_FLAGS.map(({ flag, alias }) => alias ?? flag);
  return helpText(
    `Global flags: ${[...flags, "-h"].join(", ")} (see \`slipway --help\`).`,
    columns,
  );
}

/** Lines of text, each wrapped to the terminal's width. */
export function helpText(text: string, columns: Columns, hanging = ""): string {
  const lines = text.split("\n").flatMap((line) => wrapLine(line, columns, hanging));
  return `${lines.join("\n")}\n`;
}

/** A heading and its rows, with the second column aligned and wrapped to the terminal's width. */
export function helpSection(
  title: string,
  rows: readonly HelpRow[],
  columns: Columns,
  least = 0,
): string {
  const width = Math.max(least, ...rows.map(([form]) => form.length));
  // In a narrow window the second column would have too little room of its own.
  const indentation = columns !== null && columns < width * 2 ? 8 : width + 4;
  const hanging = " ".repeat(indentation);
  const lines = rows.map(([form, brief]) =>
    helpText(`  ${form.padEnd(width)}  ${brief}`, columns, hanging),
  );
  return `${title.toUpperCase()}\n${lines.join("")}`;
}
