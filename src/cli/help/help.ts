import type { StricliIntegration } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { KIND_ALIASES } from "../../catalog/kind-names.ts";
import { exampleOf } from "./examples.ts";
import { globalFlagsLine, helpText, helpSection, rootHelp } from "./help-text.ts";
import type { HelpRow } from "./help-text.ts";
import { kebabCase } from "../arguments/flags.ts";
import type { CommandRoute } from "../route.ts";

/** `--help`: at the root the list of commands, after a command its usage and flags; both end with the global flags. */
export function createHelpIntegration(
  routes: Readonly<Record<string, CommandRoute>>,
  columns: number | null,
): StricliIntegration<CliContext> {
  return {
    flag: {
      brief: "Show this help",
      aliases: ["h"],
      global: true,
      complete: true,
      defaultForRouteMap: true,
      run(_application, { result }) {
        const help = helpOf(routes, result.prefix[1], columns) ?? rootHelp(columns);
        this.process.stdout.write(help);
      },
    },
  };
}

/** The help of a command, or of all commands if none is named; null for an unknown command. */
export function helpOf(
  routes: Readonly<Record<string, CommandRoute>>,
  command: string | undefined,
  columns: number | null,
): string | null {
  if (command === undefined) return rootHelp(columns);
  const route = Object.entries(routes).find(([name]) => name === command)?.[1];
  return route === undefined ? null : commandHelp(command, route, columns);
}

const KIND_ROWS = Object.entries(KIND_ALIASES).map(([kind, aliases]): HelpRow => [
  kind,
  aliases.join(", "),
]);

function commandHelp(
  command: string,
  { usage, brief, description, flags, aliases }: CommandRoute,
  columns: number | null,
): string {
  const example = exampleOf(command);
  const letters = new Map(Object.entries(aliases).map(([letter, name]) => [name, letter]));
  const own = Object.entries(flags).map(([name, flag]): HelpRow => {
    const letter = letters.get(name);
    const short = letter === undefined ? "    " : `-${letter}, `;
    const value = flag.placeholder === undefined ? "" : ` ${flag.placeholder}`;
    const standard = typeof flag.default === "string" ? ` (default: ${flag.default})` : "";
    return [`${short}--${kebabCase(name)}${value}`, `${flag.brief}${standard}`];
  });
  const forms = usage.map((form) => helpText(`  slipway ${form}`, columns, "      "));
  return [
    `USAGE\n${forms.join("")}`,
    helpText(`${brief}.`, columns),
    ...(description === "" ? [] : [helpText(description, columns)]),
    ...(own.length === 0 ? [] : [helpSection("Flags", own, columns)]),
    ...(usage.some((form) => /\bKIND\b/u.test(form))
      ? [helpSection("Kinds", KIND_ROWS, columns)]
      : []),
    ...(example === null ? [] : [`EXAMPLE\n  slipway ${example}\n`]),
    globalFlagsLine(columns),
    'Arguments after "--" may start with a dash.\n',
  ].join("\n");
}
