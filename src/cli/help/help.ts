import type { StricliIntegration } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { globalFlagsHelp, helpSection, rootHelp } from "./help-text.ts";
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
        const route = Object.entries(routes).find(([name]) => name === result.prefix[1])?.[1];
        this.process.stdout.write(route === undefined ? rootHelp() : commandHelp(route));
      },
    },
  };
}

function commandHelp({ usage, brief, description, flags }: CommandRoute): string {
  const own = Object.entries(flags).map(([name, flag]): HelpRow => {
    const value = flag.placeholder === undefined ? "" : ` ${flag.placeholder}`;
    const standard = typeof flag.default === "string" ? ` (default: ${flag.default})` : "";
    return [`    --${kebabCase(name)}${value}`, `${flag.brief}${standard}`];
  });
  return [
    `USAGE\n${usage.map((form) => `  slipway ${form}\n`).join("")}`,
    `${brief}.\n`,
    ...(description === "" ? [] : [`${description}\n`]),
    ...(own.length === 0 ? [] : [helpSection("Flags", own)]),
    globalFlagsHelp(),
    'Arguments after "--" may start with a dash.\n',
  ].join("\n");
}
