import type { JsonObject } from "../../errors.ts";
import type { NamedContext } from "../configuration/named-context.ts";
import type { Setting } from "../configuration/settings.ts";
import type { View } from "../output/render.ts";
import { joinParts, renderFields, renderTable } from "../output/table.ts";

export interface ListedContext {
  readonly name: string;
  readonly isCurrent: boolean;
  readonly settings: NamedContext;
}

export function viewContexts(contexts: readonly ListedContext[]): View {
  return {
    value: contexts.map(({ name, isCurrent, settings }) => ({
      name,
      current: isCurrent,
      ...fieldsOf(settings),
    })),
    table: () =>
      renderTable(
        [
          { title: "CURRENT", cell: ({ isCurrent }) => (isCurrent ? "*" : " ") },
          { title: "NAME", cell: ({ name }) => name },
          { title: "DATABASE", cell: ({ settings }) => settings.database },
          { title: "KEY FILE", cell: ({ settings }) => settings.keyFile },
          { title: "TENANT", cell: ({ settings }) => settings.tenant },
          { title: "OUTPUT", cell: ({ settings }) => settings.defaultOutput },
        ],
        contexts,
      ),
  };
}

const CHOSEN_BY = {
  flag: "named on the command line",
  variable: "named by SLIPWAY_CONTEXT",
  configuration: "the current one",
  default: "none is chosen",
} as const;

export interface ShownSettings {
  readonly context: string;
  /** How it was chosen; `default` if none was. */
  readonly contextSource: keyof typeof CHOSEN_BY;
  readonly configFile: string;
  readonly settings: Readonly<Record<string, Setting<string | null>>>;
}

/** The settings that a command would use, each with its source. */
export function viewSettings(shown: ShownSettings): View {
  const { context, contextSource, configFile, settings } = shown;
  return {
    value: {
      name: context,
      context_source: contextSource,
      config_file: configFile,
      settings: Object.fromEntries(
        Object.entries(settings).map(([name, { value, source, from }]) => [
          name,
          { value, source, from },
        ]),
      ),
    },
    format: "table",
    table: () =>
      joinParts([
        renderFields([
          ["CONTEXT", `${context} (${CHOSEN_BY[contextSource]})`],
          ["FILE", configFile],
        ]),
        renderTable(
          [
            { title: "SETTING", cell: ([name]) => name },
            { title: "VALUE", cell: ([, { value }]) => value },
            { title: "SOURCE", cell: ([, { source, from }]) => sourceText(source, from) },
          ],
          Object.entries(settings),
        ),
      ]),
  };
}

/** The outcome of a change, as a sentence for people by default. */
export function viewChange(name: string, change: JsonObject, sentence: string): View {
  return { value: { name, ...change }, format: "table", table: () => `${sentence}\n` };
}

function fieldsOf({ database, keyFile, tenant, defaultOutput }: NamedContext): JsonObject {
  return {
    database: database ?? null,
    key_file: keyFile ?? null,
    tenant: tenant ?? null,
    default_output: defaultOutput ?? null,
  };
}

function sourceText(source: string, from: string | null): string {
  return from === null ? source : `${source} ${from}`;
}
