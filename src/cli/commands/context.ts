import { resolve } from "node:path";
import { isTenant } from "../../catalog/names.ts";
import { closestTo } from "../../catalog/suggestions.ts";
import { invalidArgument, SlipwayError } from "../../errors.ts";
import { usageError } from "../arguments/flags.ts";
import { chooseContext, contextNamed, openConfiguration } from "../configuration/choose-context.ts";
import type { ContextChanges } from "../configuration/config-tree.ts";
import { CONTEXT_NAME_RULE, isContextName, NO_CONTEXT } from "../configuration/named-context.ts";
import type { ChosenContext } from "../configuration/named-context.ts";
import { keyVariableOf, settingsOf } from "../configuration/settings.ts";
import type { Setting } from "../configuration/settings.ts";
import { writeConfigFile } from "../configuration/write-config-file.ts";
import type { CliContext } from "../context.ts";
import { DEFAULT_OUTPUTS } from "../global-flag-list.ts";
import { CONTEXT_ACTIONS, CONTEXT_FIELDS } from "../help/proposals.ts";
import type { ContextAction } from "../help/proposals.ts";
import { quoted } from "../terminal-text.ts";
import { viewChange, viewContexts, viewSettings } from "../views/context-view.ts";

interface ContextFlags {
  readonly defaultOutput?: string;
  readonly unset?: readonly string[];
}

/** The fields of the file by the words of `--unset`. */
const FIELDS: Readonly<Record<(typeof CONTEXT_FIELDS)[number], keyof ContextChanges>> = {
  database: "database",
  "key-file": "key_file",
  tenant: "tenant",
  "default-output": "default_output",
};

export async function context(
  cli: CliContext,
  flags: ContextFlags,
  action: string,
  name?: string,
): Promise<void> {
  await ACTIONS[oneOf("action", action, CONTEXT_ACTIONS)](cli, name, flags);
}

const ACTIONS: Readonly<
  Record<
    ContextAction,
    (cli: CliContext, name: string | undefined, flags: ContextFlags) => Promise<void>
  >
> = { list, show, use, set, delete: remove };

async function list(cli: CliContext): Promise<void> {
  const { contexts, current } = await openConfiguration(cli);
  const all = [[NO_CONTEXT, {}] as const, ...contexts];
  await cli.print(
    viewContexts(
      all.map(([name, settings]) => ({
        name,
        settings,
        isCurrent: name === (current ?? NO_CONTEXT),
      })),
    ),
  );
}

async function show(cli: CliContext, name: string | undefined): Promise<void> {
  const { flags, environment, workingDirectory } = cli;
  const { path } = await openConfiguration(cli);
  const chosen = await chooseContext(name ?? flags.context, cli);
  const settings = settingsOf(flags, environment, chosen);
  const { database, keyFile, tenant } = settings;
  const key = keyVariableOf(settings, environment);
  const absolute = (setting: Setting<string>): Setting<string> => ({
    ...setting,
    value: resolve(workingDirectory, setting.value),
  });
  await cli.print(
    viewSettings({
      context: chosen?.name ?? NO_CONTEXT,
      contextSource: chosen?.source ?? "default",
      configFile: path,
      settings: {
        database: absolute(database),
        // Neither the key nor the command is shown.
        key_file:
          key === null
            ? absolute(keyFile)
            : { value: null, source: "variable", from: key.variable },
        tenant,
        output: outputOf(cli, chosen),
      },
    }),
  );
}

function outputOf({ flags }: CliContext, chosen: ChosenContext | null): Setting<string | null> {
  if (flags.output !== null) return { value: flags.output, source: "flag", from: "--output" };
  const saved = chosen?.settings.defaultOutput;
  if (saved === undefined) return { value: null, source: "default", from: null };
  return { value: saved, source: "context", from: chosen?.name ?? null };
}

async function use(cli: CliContext, name: string | undefined): Promise<void> {
  const wanted = required(name);
  const file = await openConfiguration(cli);
  if (wanted !== NO_CONTEXT) await contextNamed(wanted, file);
  const { withCurrentContext } = await import("../configuration/config-tree.ts");
  writeConfigFile(file, withCurrentContext(file.text ?? "", wanted === NO_CONTEXT ? null : wanted));
  const variable = cli.environment["SLIPWAY_CONTEXT"] ?? "";
  if (variable !== "" && variable !== wanted)
    cli.progress.warn(
      `SLIPWAY_CONTEXT is ${quoted(variable)}, which takes precedence`,
      "Unset it to use the current context.",
    );
  await cli.print(viewChange(wanted, { current: true }, `switched to context ${wanted}`));
}

async function set(cli: CliContext, name: string | undefined, flags: ContextFlags): Promise<void> {
  const wanted = required(name);
  if (!isContextName(wanted))
    throw usageError(`${quoted(wanted)} is not a name for a context`, CONTEXT_NAME_RULE);
  const changes = changesOf(cli, flags);
  if (Object.keys(changes).length === 0)
    throw usageError(
      "no setting was named",
      "Use --database, --key-file, --tenant or --default-output, or --unset.",
    );
  const file = await openConfiguration(cli);
  const change = file.contexts.has(wanted) ? "configured" : "created";
  const { withContext } = await import("../configuration/config-tree.ts");
  writeConfigFile(file, withContext(file.text ?? "", wanted, changes));
  await cli.print(viewChange(wanted, { change }, `context ${wanted} ${change} in ${file.path}`));
}

function changesOf(
  { flags, workingDirectory }: CliContext,
  { defaultOutput, unset = [] }: ContextFlags,
): ContextChanges {
  const { database, keyFile, tenant } = flags;
  if (tenant !== null && !isTenant(tenant))
    throw invalidArgument(
      "INVALID_INPUT",
      `${quoted(tenant)} is not a valid tenant`,
      "Use up to 63 of a-z, 0-9, - and _, the first a letter or a digit.",
    );
  const fields = unset.map((word) => FIELDS[oneOf("--unset", word, CONTEXT_FIELDS)]);
  return {
    ...Object.fromEntries(fields.map((field) => [field, null])),
    ...(database === null ? {} : { database: resolve(workingDirectory, database) }),
    ...(keyFile === null ? {} : { key_file: resolve(workingDirectory, keyFile) }),
    ...(tenant === null ? {} : { tenant }),
    ...(defaultOutput === undefined
      ? {}
      : { default_output: oneOf("--default-output", defaultOutput, DEFAULT_OUTPUTS) }),
  };
}

async function remove(cli: CliContext, name: string | undefined): Promise<void> {
  const wanted = required(name);
  const file = await openConfiguration(cli);
  await contextNamed(wanted, file);
  if (file.current === wanted)
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CONTEXT_IN_USE",
      message: `context ${quoted(wanted)} is the current one`,
      remedy: `Use another one first: \`slipway context use ${NO_CONTEXT}\`.`,
      metadata: { context: wanted },
    });
  const { withoutContext } = await import("../configuration/config-tree.ts");
  writeConfigFile(file, withoutContext(file.text ?? "", wanted));
  await cli.print(viewChange(wanted, { deleted: true }, `context ${wanted} deleted`));
}

function oneOf<T extends string>(what: string, word: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === word);
  if (choice !== undefined) return choice;
  const meant = closestTo(word, choices);
  throw usageError(
    `${what}: ${quoted(word)} is not one of ${choices.join(", ")}`,
    meant === null ? "See `slipway context --help`." : `Did you mean ${meant}?`,
  );
}

function required(name: string | undefined): string {
  if (name !== undefined) return name;
  throw usageError("NAME is missing", "Name a context; `slipway context list` lists them.");
}
