import { buildApplication, buildRouteMap, text_en, version } from "@stricli/core";
import type { Application, ApplicationText } from "@stricli/core";
import type { CliContext } from "./context.ts";
import { createHelpIntegration, helpOf } from "./help/help.ts";
import type { CommandRoute } from "./route.ts";
import { accessRoutes } from "./routes/access.ts";
import { catalogRoutes } from "./routes/catalog.ts";
import { spawnRoutes } from "./routes/spawns.ts";
import { toolRoutes } from "./routes/tools.ts";
import { unknownCommand } from "./arguments/scanner-findings.ts";
import { readVersion } from "../host/package-manifest.ts";

/** The failures of a run. The scanner can only print its findings, so they are collected here instead. */
export interface Findings {
  /** Arguments that the scanner rejected. */
  readonly arguments: unknown[];
  /** Errors thrown by a command. */
  readonly failures: unknown[];
}

/** Every command. */
export const ROUTES: Readonly<Record<string, CommandRoute>> = {
  ...catalogRoutes,
  ...spawnRoutes,
  ...accessRoutes,
  ...toolRoutes,
};

/** The help of a command, or of all commands. @throws SlipwayError `INVALID_ARGUMENT` / `USAGE` for an unknown one */
export async function helpOfCommand(
  command: string | undefined,
  columns: number | null,
): Promise<string> {
  const text = helpOf(ROUTES, command, columns);
  if (text !== null) return text;
  const { closestTo } = await import("../catalog/suggestions.ts");
  const meant = closestTo(command ?? "", Object.keys(ROUTES));
  throw unknownCommand(command ?? "", meant === null ? [] : [meant]);
}

/**
 * The command line: its routes, with every failure reported to `findings`.
 *
 * @param columns the width to which help is wrapped; null: not at all
 */
export function buildSlipwayApplication(
  findings: Findings,
  columns: number | null = null,
): Application<CliContext> {
  const commands = Object.entries(ROUTES).map(([name, { command }]) => [name, command] as const);
  const root = buildRouteMap<string, CliContext>({
    routes: Object.fromEntries(commands),
    docs: { brief: "slipway" },
  });
  return buildApplication<CliContext>(
    root,
    {
      name: "slipway",
      scanner: {
        caseStyle: "allow-kebab-for-camel",
        allowArgumentEscapeSequence: true,
        // Close enough to be a typo; a larger distance would suggest unrelated words.
        distanceOptions: {
          threshold: 5,
          weights: { insertion: 1, deletion: 2, substitution: 2, transposition: 1 },
        },
      },
      documentation: { disableAnsiColor: true },
      localization: { text: createText(findings) },
    },
    {
      help: createHelpIntegration(ROUTES, columns),
      version: version<CliContext>({
        brief: "Show the version",
        alias: false,
        info: { getCurrentVersion: () => Promise.resolve(readVersion()) },
      }),
    },
  );
}

/** The scanner's texts. Each one records its finding and prints nothing. */
function createText({ arguments: refused, failures }: Findings): ApplicationText {
  const report = (into: unknown[]) => (finding: unknown) => {
    into.push(finding);
    return "";
  };
  return {
    ...text_en,
    noCommandRegisteredForInput: ({ input, corrections }) => {
      failures.push(unknownCommand(input, corrections.map(withoutBackticks)));
      return "";
    },
    exceptionWhileParsingArguments: report(refused),
    exceptionWhileLoadingCommandFunction: report(failures),
    exceptionWhileLoadingCommandContext: report(failures),
    exceptionWhileRunningCommand: report(failures),
    commandErrorResult: report(failures),
    exceptionWhileRunningIntegrationHook: ({ exception }) => report(failures)(exception),
    exceptionWhileRunningIntegrationFlag: ({ exception }) => report(failures)(exception),
  };
}

function withoutBackticks(word: string): string {
  return word.replaceAll("`", "");
}
