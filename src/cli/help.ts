import type { StricliIntegration } from "@stricli/core";
import type { CliContext } from "./context.ts";
import { GLOBAL_FLAGS } from "./global-flags.ts";
import { kebabCase } from "./kebab-case.ts";
import type { CommandRoute } from "./route.ts";

/** Commands under a heading of the root's help. */
export interface RouteGroup {
  readonly title: string;
  readonly routes: Readonly<Record<string, CommandRoute>>;
}

/** `--help`: the commands at the root, a command's forms and flags after its name; the global flags below both. */
export function createHelpIntegration(
  groups: readonly RouteGroup[],
): StricliIntegration<CliContext> {
  return {
    flag: {
      brief: "Show this help",
      aliases: ["h"],
      global: true,
      complete: true,
      defaultForRouteMap: true,
      run(_application, { result }) {
        const [, name] = result.prefix;
        const route = groups
          .flatMap(({ routes }) => Object.entries(routes))
          .find(([candidate]) => candidate === name);
        this.process.stdout.write(route === undefined ? rootHelp(groups) : commandHelp(route[1]));
      },
    },
  };
}

function rootHelp(groups: readonly RouteGroup[]): string {
  const names = groups.flatMap(({ routes }) => Object.keys(routes));
  const width = Math.max(...names.map((name) => name.length));
  return [
    "slipway turns a workspace (image, machine shape, place) into exactly one running machine.\n",
    "USAGE\n  slipway COMMAND [ARGUMENT]... [FLAG]...\n",
    ...groups.map(({ title, routes }) =>
      section(
        title,
        Object.entries(routes).map(([name, { brief }]) => [name, brief]),
        width,
      ),
    ),
    globalFlags(),
    "`slipway COMMAND --help` tells more about a command.\n",
  ].join("\n");
}

function commandHelp({ usage, brief, description, flags }: CommandRoute): string {
  const own = Object.entries(flags).map(([name, flag]): Row => {
    const value = flag.placeholder === undefined ? "" : ` ${flag.placeholder}`;
    const standard = typeof flag.default === "string" ? ` (default: ${flag.default})` : "";
    return [`    --${kebabCase(name)}${value}`, `${flag.brief}${standard}`];
  });
  return [
    `USAGE\n${usage.map((form) => `  slipway ${form}\n`).join("")}`,
    `${brief}.\n`,
    ...(description === "" ? [] : [`${description}\n`]),
    ...(own.length === 0 ? [] : [section("Flags", own)]),
    globalFlags(),
    'Arguments after "--" may begin with a dash.\n',
  ].join("\n");
}

function globalFlags(): string {
  const rows = GLOBAL_FLAGS.map(({ flag, alias, value, brief, environment }): Row => {
    const name = alias === undefined ? `    ${flag}` : `${alias}, ${flag}`;
    return [
      value === undefined ? name : `${name} ${value}`,
      environment === undefined ? brief : `${brief} [$${environment}]`,
    ];
  });
  return section("Global flags", [
    ...rows,
    ["-h, --help", "Show help, of a command after its name"],
    ["    --version", "Show the version"],
  ]);
}

type Row = readonly [form: string, brief: string];

function section(title: string, rows: readonly Row[], least = 0): string {
  const width = Math.max(least, ...rows.map(([form]) => form.length));
  const lines = rows.map(([form, brief]) => `  ${form.padEnd(width)}  ${brief}\n`);
  return `${title.toUpperCase()}\n${lines.join("")}`;
}
