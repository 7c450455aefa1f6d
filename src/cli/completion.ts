import { proposeCompletions } from "@stricli/core";
import { buildSlipwayApplication } from "./app.ts";
import { createContext } from "./context.ts";
import type { Host } from "./context.ts";
import { GLOBAL_FLAGS, OUTPUT_FORMATS } from "./global-flag-list.ts";
import { separateGlobalFlags } from "./global-flags.ts";
import { createProgress } from "./output/progress.ts";
import { safeLine } from "./terminal-text.ts";

export interface Proposal {
  readonly completion: string;
  readonly brief: string;
}

/** Printed on its own, this makes the shell complete file names itself. */
const FILES = ":files";

/** Flags that take a file: the global ones, and those of each command. */
const GLOBAL_FILE_FLAGS: readonly string[] = GLOBAL_FLAGS.filter(
  ({ value }) => value === "FILE",
).map(({ flag }) => flag);
const FILE_FLAGS: ReadonlyMap<string, readonly string[]> = new Map([
  ["apply", ["--file", "-f"]],
  ["diff", ["--file", "-f"]],
  ["set", ["--file", "-f"]],
  ["delete", ["--file", "-f"]],
  ["resolve", ["--save"]],
  ["spawn", ["--plan", "--input-file", "--inputs"]],
  ["fake", ["--state", "--faults"]],
]);

/**
 * Prints the proposals that a shell's completion script asks for. The last word may be incomplete. Each line is a
 * proposal and, after a tab, its description. Errors are never printed: they would land in the line that the user
 * is typing.
 */
export async function printCompletions(words: readonly string[], host: Host): Promise<void> {
  const lines = (await proposalsFor(words, host)).map(
    ({ completion, brief }) => `${safeLine(completion)}\t${safeLine(brief)}\n`,
  );
  await host.stdout.write(lines.join(""));
}

async function proposalsFor(words: readonly string[], host: Host): Promise<readonly Proposal[]> {
  const earlier = words.slice(0, -1);
  const partial = words.at(-1) ?? "";
  const previous = earlier.at(-1) ?? "";
  const flagsAreOver = earlier.includes("--");
  const { flags, rest } = separateGlobalFlags(earlier);
  const fileFlags = [...GLOBAL_FILE_FLAGS, ...(FILE_FLAGS.get(rest[0] ?? "") ?? [])];
  if (!flagsAreOver && fileFlags.includes(previous)) return [{ completion: FILES, brief: "" }];
  const global = GLOBAL_FLAGS.find(({ flag, alias }) => previous === flag || previous === alias);
  if (!flagsAreOver && global?.value !== undefined)
    return global.flag === "--output"
      ? OUTPUT_FORMATS.filter((format) => format.startsWith(partial)).map(plain)
      : [];
  const typed = [...rest, partial];
  const progress = createProgress(host.stderr, { ...flags, quiet: true });
  const found = await proposeCompletions(
    buildSlipwayApplication({ arguments: [], failures: [] }),
    typed,
    createContext({
      flags,
      typed,
      host,
      progress,
      query: null,
      onScannerOutput: () => undefined,
      extendGracePeriod: () => undefined,
      exitWith: () => undefined,
      helpOf: async () => "",
    }),
  );
  const proposals = found.map(({ kind, completion, brief }) => ({
    isFlag: kind === "argument:flag",
    completion,
    // The scanner gives each value the argument's own brief, which does not describe the value.
    brief: kind === "argument:value" ? "" : brief,
  }));
  const wantsFlag = partial.startsWith("-") && !flagsAreOver;
  return wantsFlag
    ? [...proposals, ...globalFlagProposals(partial)]
    : proposals.filter(({ isFlag }) => !isFlag);
}

function globalFlagProposals(partial: string): readonly Proposal[] {
  return GLOBAL_FLAGS.map(({ flag, brief }) => ({ completion: flag, brief })).filter(
    ({ completion }) => completion.startsWith(partial),
  );
}

function plain(completion: string): Proposal {
  return { completion, brief: "" };
}
