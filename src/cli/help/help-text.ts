import { COMMAND_GROUPS } from "./command-list.ts";
import { GLOBAL_FLAGS } from "../global-flag-list.ts";

/** A line of help: what the user types, and what it does. */
export type HelpRow = readonly [form: string, brief: string];

/** The output of `slipway --help`. */
export function rootHelp(): string {
  const names = COMMAND_GROUPS.flatMap(({ briefs }) => Object.keys(briefs));
  const width = Math.max(...names.map((name) => name.length));
  return [
    "slipway turns a workspace (image, machine shape, place) into exactly one running machine.\n",
    "USAGE\n  slipway COMMAND [ARGUMENT]... [FLAG]...\n",
    ...COMMAND_GROUPS.map(({ title, briefs }) => helpSection(title, Object.entries(briefs), width)),
    globalFlagsHelp(),
    "Run `slipway COMMAND --help` for more about a command.\n",
  ].join("\n");
}

/** The help section for the flags that every command accepts. */
function globalFlagsHelp(): string {
  const rows = GLOBAL_FLAGS.map(({ flag, alias, value, brief, environment }): HelpRow => {
    const name = alias === undefined ? `    ${flag}` : `${alias}, ${flag}`;
    return [
      value === undefined ? name : `${name} ${value}`,
      environment === undefined ? brief : `${brief} [$${environment}]`,
    ];
  });
  return helpSection("Global flags", [
    ...rows,
    ["-h, --help", "Show help; after a command, the help of that command"],
    ["    --version", "Show the version"],
  ]);
}

/** The flags that every command accepts, for the help of one command. */
export function globalFlagsLine(): string {
  const flags = GLOBAL_FLAGS.map(({ flag, alias }) => alias ?? flag);
  return `Global flags: ${[...flags, "-h"].join(", ")} (see \`slipway --help\`).\n`;
}

/** A heading and its rows, with the second column aligned. */
export function helpSection(title: string, rows: readonly HelpRow[], least = 0): string {
  const width = Math.max(least, ...rows.map(([form]) => form.length));
  const lines = rows.map(([form, brief]) => `  ${form.padEnd(width)}  ${brief}\n`);
  return `${title.toUpperCase()}\n${lines.join("")}`;
}
