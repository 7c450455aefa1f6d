import { buildCommand } from "@stricli/core";
import type { BaseArgs, Command, CommandBuilderArguments } from "@stricli/core";
import type { CliContext } from "./context.ts";

/** A command of the command line. */
export interface CommandRoute {
  readonly brief: string;
  /** More about it, for its own help. */
  readonly description: string;
  /** Its forms, without the program's name. */
  readonly usage: readonly string[];
  /** By name in camelCase. */
  readonly flags: Readonly<Record<string, FlagDescription>>;
  readonly command: Command<CliContext>;
}

/** What help needs to know of a flag. */
export interface FlagDescription {
  readonly brief: string;
  /** Absent for a flag that takes no value. */
  readonly placeholder?: string;
  readonly default?: unknown;
}

/** Flags of a command that has none of its own. */
export type NoFlags = { readonly [name in never]: unknown };

/** What a command does, as a plain function. */
type CommandFunction<FLAGS, ARGS extends BaseArgs> = (
  context: CliContext,
  flags: FLAGS,
  ...words: ARGS
) => Promise<void>;

interface RouteSpecification<
  FLAGS extends Readonly<Record<string, unknown>>,
  ARGS extends BaseArgs,
> {
  readonly usage: readonly string[];
  readonly brief: string;
  readonly description?: string;
  /** Imports the command's module: nothing that a command needs is loaded for another one, or for help. */
  readonly load: () => Promise<CommandFunction<FLAGS, ARGS>>;
  readonly parameters: CommandBuilderArguments<FLAGS, ARGS, CliContext>["parameters"];
}

/** Makes a command of its specification. */
export function defineRoute<
  const FLAGS extends Readonly<Record<string, unknown>> = NoFlags,
  const ARGS extends BaseArgs = [],
>(specification: RouteSpecification<FLAGS, ARGS>): CommandRoute {
  const { usage, brief, description = "", load, parameters } = specification;
  const flags: Readonly<Record<string, FlagDescription>> = parameters.flags ?? {};
  // The scanner looks flags up by what was typed: without a prototype, `--constructor` is no flag.
  Object.setPrototypeOf(flags, null);
  return {
    usage,
    brief,
    description,
    flags,
    command: buildCommand<FLAGS, ARGS, CliContext>({
      docs: { brief },
      parameters: { ...parameters, flags },
      loader: async () => {
        const run = await load();
        return function runWithContext(given, ...words) {
          return run(this, given, ...words);
        };
      },
    }),
  };
}
