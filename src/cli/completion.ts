import { proposeCompletions } from "@stricli/core";
import { isSlipwayError } from "../errors.ts";
import { buildSlipwayApplication, ROUTES } from "./app.ts";
import { kebabCase } from "./arguments/flags.ts";
import { chooseContext, contextNames } from "./configuration/choose-context.ts";
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

/** Makes the shell complete file names itself; the description is the part of the word before the file's name. */
const FILES = ":files";

/**
 * Prints the proposals that a shell's completion script asks for. The last word may be incomplete. Each line is a
 * proposal and, after a tab, its description. Errors are never printed: they would land in the line that the user
 * is typing.
 */
export async function printCompletions(words: readonly string[], host: Host): Promise<void> {
  const proposals = await proposalsFor(words, host).catch((caught: unknown) => {
    if (isSlipwayError(caught)) return [];
    throw caught;
  });
  const lines = proposals.map(
    ({ completion, brief }) => `${safeLine(completion)}\t${safeLine(brief)}\n`,
  );
  await host.stdout.write(lines.join(""));
}

async function proposalsFor(typed: readonly string[], host: Host): Promise<readonly Proposal[]> {
  const words = joinSplitWords(typed);
  const inline = separateInlineValue(words);
  if (inline === null) return await proposalsForWord(words, host);
  const proposals = await proposalsForWord(inline.words, host);
  // bash replaces only the part after the equals sign.
  const prefix = words.at(-1) === typed.at(-1) ? inline.prefix : "";
  return proposals.map(({ completion, brief }) =>
    completion === FILES
      ? { completion, brief: prefix }
      : { completion: `${prefix}${completion}`, brief },
  );
}

/** The characters at which bash splits words: `--state=running` arrives as three. */
const SEPARATORS: ReadonlySet<string> = new Set(["=", ":"]);

function joinSplitWords(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const [index, word] of words.entries()) {
    const isAttached = SEPARATORS.has(word) || SEPARATORS.has(words[index - 1] ?? "");
    const before = isAttached ? joined.pop() : undefined;
    joined.push(`${before ?? ""}${word}`);
  }
  return joined;
}

/** Of a last word `--state=run`, the flag and the value as words of their own. */
function separateInlineValue(
  words: readonly string[],
): { readonly words: readonly string[]; readonly prefix: string } | null {
  const match = /^(--[a-z][a-z-]*)=(.*)$/su.exec(words.at(-1) ?? "");
  if (match === null || words.slice(0, -1).includes("--")) return null;
  const [, flag = "", value = ""] = match;
  return { words: [...words.slice(0, -1), flag, value], prefix: `${flag}=` };
}

async function proposalsForWord(
  words: readonly string[],
  host: Host,
): Promise<readonly Proposal[]> {
  const earlier = words.slice(0, -1);
  const partial = words.at(-1) ?? "";
  const previous = earlier.at(-1) ?? "";
  const flagsAreOver = earlier.includes("--");
  const { flags, rest } = separateGlobalFlags(earlier);
  if (!flagsAreOver && takesFile(previous, rest[0] ?? ""))
    return [{ completion: FILES, brief: "" }];
  const global = GLOBAL_FLAGS.find(({ flag, alias }) => previous === flag || previous === alias);
  if (!flagsAreOver && global?.value !== undefined) {
    const values = await valuesOf(global.flag, host);
    return values.filter((value) => value.startsWith(partial)).map(plain);
  }
  const typed = [...rest, partial];
  const progress = createProgress(host.stderr, { ...flags, quiet: true });
  const found = await proposeCompletions(
    buildSlipwayApplication({ arguments: [], failures: [] }),
    typed,
    createContext({
      flags,
      choose: () => chooseContext(flags.context, host),
      typed,
      host,
      progress,
      query: null,
      onScannerOutput: () => undefined,
      extendGracePeriod: () => undefined,
      exitWith: () => undefined,
      helpOf: async () => "",
      // The Tab key must not create a file.
      onlyExisting: true,
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

/** The values of a global flag, if they are known. */
async function valuesOf(flag: string, host: Host): Promise<readonly string[]> {
  if (flag === "--output") return OUTPUT_FORMATS;
  return flag === "--context" ? await contextNames(host) : [];
}

/** True for a flag whose placeholder is a file. */
function takesFile(word: string, command: string): boolean {
  if (GLOBAL_FLAGS.some(({ flag, value }) => flag === word && value === "FILE")) return true;
  const route = Object.entries(ROUTES).find(([name]) => name === command)?.[1];
  if (route === undefined) return false;
  const aliased = /^-[a-z]$/i.test(word) ? route.aliases[word.slice(1)] : undefined;
  const flag = Object.entries(route.flags).find(
    ([name]) => name === aliased || `--${kebabCase(name)}` === word,
  )?.[1];
  return /^FILE\b/.test(flag?.placeholder ?? "");
}

function globalFlagProposals(partial: string): readonly Proposal[] {
  return GLOBAL_FLAGS.map(({ flag, brief }) => ({ completion: flag, brief })).filter(
    ({ completion }) => completion.startsWith(partial),
  );
}

function plain(completion: string): Proposal {
  return { completion, brief: "" };
}
