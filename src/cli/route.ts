import { buildCommand } from "@stricli/core";
import type { BaseArgs, Command, CommandBuilderArguments } from "@stricli/core";
import type { CliContext } from "./context.ts";

/** A command, and what its help says. */
export interface CommandRoute {
  readonly brief: string;
  /** More detail, shown in the command's own help. */
  readonly description: string;
  /** Its usage lines, without the program's name. */
  readonly usage: readonly string[];
  /** Keyed by camelCase name. */
  readonly flags: Readonly<Record<string, FlagDescription>>;
  /** Names of flags by their letter. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly command: Command<CliContext>;
}

/** The parts of a flag that help shows. */
export interface FlagDescription {
  readonly brief: string;
  /** Absent for a flag that takes no value. */
  readonly placeholder?: string;
  readonly default?: unknown;
}

/** The flags type of a command without flags. */
export type NoFlags = { readonly [name in never]: unknown };

/** A command's implementation. */
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
  /** Imports the command's module, so that help and other commands do not load it. */
  readonly load: () => Promise<CommandFunction<FLAGS, ARGS>>;
  readonly parameters: CommandBuilderArguments<FLAGS, ARGS, CliContext>["parameters"];
}

/** Builds a command from its specification. */
export function defineRoute<
  const FLAGS extends Readonly<Record<string, unknown>> = NoFlags,
  const ARGS extends BaseArgs = [],
>(specification: RouteSpecification<FLAGS, ARGS>): CommandRoute {
  const { usage, brief, description = "", load, parameters } = specification;
  const flags: Readonly<Record<string, FlagDescription>> = parameters.flags ?? {};
  // The scanner looks flags up by the typed name: without a prototype, `--constructor` is not found.
  Object.setPrototypeOf(flags, null);
  return {
    usage,
    brief,
    description,
    flags,
    aliases: Object.fromEntries(Object.entries(parameters.aliases ?? {})),
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
