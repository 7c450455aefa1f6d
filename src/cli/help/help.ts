import type { StricliIntegration } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { KIND_ALIASES } from "../../catalog/kind-names.ts";
import { exampleOf } from "./examples.ts";
import { globalFlagsLine, helpSection, rootHelp } from "./help-text.ts";
import type { HelpRow } from "./help-text.ts";
import { kebabCase } from "../arguments/flags.ts";
import type { CommandRoute } from "../route.ts";

/** `--help`: at the root the list of commands, after a command its usage and flags; both end with the global flags. */
export function createHelpIntegration(
  routes: Readonly<Record<string, CommandRoute>>,
): StricliIntegration<CliContext> {
  return {
    flag: {
      brief: "Show this help",
      aliases: ["h"],
      global: true,
      complete: true,
      defaultForRouteMap: true,
      run(_application, { result }) {
        this.process.stdout.write(helpOf(routes, result.prefix[1]) ?? rootHelp());
      },
    },
  };
}

/** The help of a command, or of all commands if none is named; null for an unknown command. */
export function helpOf(
  routes: Readonly<Record<string, CommandRoute>>,
  command: string | undefined,
): string | null {
  if (command === undefined) return rootHelp();
  const route = Object.entries(routes).find(([name]) => name === command)?.[1];
  return route === undefined ? null : commandHelp(command, route);
}

const KINDS_HELP = helpSection(
  "Kinds",
  Object.entries(KIND_ALIASES).map(([kind, aliases]): HelpRow => [kind, aliases.join(", ")]),
);

function commandHelp(command: string, route: CommandRoute): string {
  const { usage, brief, description, flags, aliases } = route;
  const example = exampleOf(command);
  const letters = new Map(Object.entries(aliases).map(([letter, flag]) => [flag, letter]));
  const own = Object.entries(flags).map(([name, flag]): HelpRow => {
    const value = flag.placeholder === undefined ? "" : ` ${flag.placeholder}`;
    const standard = typeof flag.default === "string" ? ` (default: ${flag.default})` : "";
    const letter = letters.get(name);
    const short = letter === undefined ? "    " : `-${letter}, `;
    return [`${short}--${kebabCase(name)}${value}`, `${flag.brief}${standard}`];
  });
  return [
    `USAGE\n${usage.map((form) => `  slipway ${form}\n`).join("")}`,
    `${brief}.\n`,
    ...(description === "" ? [] : [`${description}\n`]),
    ...(own.length === 0 ? [] : [helpSection("Flags", own)]),
    ...(usage.some((form) => /\bKIND\b/u.test(form)) ? [KINDS_HELP] : []),
    ...(example === null ? [] : [`EXAMPLE\n  slipway ${example}\n`]),
    globalFlagsLine(),
    'Arguments after "--" may start with a dash.\n',
  ].join("\n");
}
