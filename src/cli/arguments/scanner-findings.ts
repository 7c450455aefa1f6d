import {
  AliasNotFoundError,
  ArgumentParseError,
  EnumValidationError,
  FlagNotFoundError,
  InvalidNegatedFlagSyntaxError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "@stricli/core";
import { asSlipwayError, isSlipwayError } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";
import { kebabCase, usageError } from "./flags.ts";
import { quoted } from "../terminal-text.ts";

/** The first word names no command. */
export function unknownCommand(input: string, corrections: readonly string[]): SlipwayError {
  const alike = corrections.filter((correction) => isSlipOf(input, correction));
  return usageError(
    `unknown command ${quoted(input)}`,
    [...didYouMean(alike), 'Run "slipway --help" for the commands.'].join(" "),
  );
}

/**
 * A slip of the fingers seldom hits the first letter: what begins otherwise is another word, and so is what has hardly
 * another letter in common.
 */
function isSlipOf(input: string, word: string): boolean {
  const letters = new Set(input);
  const shared = Array.from(word).filter((letter) => letters.has(letter)).length;
  return word.startsWith(input.slice(0, 1)) && shared * 2 >= word.length;
}

/** What the argument scanner refused, as one error of ours: the first finding's words, then the others'. */
export function usageErrorOf(findings: readonly unknown[], command: string): SlipwayError {
  const help = `Run "${command} --help" for its arguments.`;
  const said = findings.map((finding) => describe(finding));
  const unforeseen = findings.find((_, index) => said[index] === null);
  if (unforeseen !== undefined) return asSlipwayError(unforeseen);
  const messages = said.flatMap((finding) => (finding === null ? [] : [finding.message]));
  const remedies = said.flatMap((finding) => finding?.remedies ?? []);
  return usageError(messages.join("; "), [...remedies, help].join(" "));
}

interface Finding {
  readonly message: string;
  readonly remedies?: readonly string[];
}

/** Null for what is no finding about the arguments. Never repeats a positional argument: it may be a secret. */
function describe(finding: unknown): Finding | null {
  if (finding instanceof FlagNotFoundError)
    return {
      message: `unknown flag ${quoted(`--${finding.input}`)}`,
      remedies: didYouMean(finding.corrections.map((name) => `--${kebabCase(name)}`)),
    };
  if (finding instanceof AliasNotFoundError) return { message: `unknown flag "-${finding.input}"` };
  if (finding instanceof UnsatisfiedFlagError)
    return { message: `--${finding.externalFlagName} needs a value` };
  if (finding instanceof UnexpectedFlagError)
    return { message: `--${finding.externalFlagName} is given more than once` };
  if (finding instanceof InvalidNegatedFlagSyntaxError)
    return { message: `--${finding.externalFlagName} takes no value` };
  if (finding instanceof EnumValidationError)
    return {
      message: `--${finding.externalFlagName}: ${quoted(finding.input)} is none of ${finding.values.join(", ")}`,
    };
  if (finding instanceof ArgumentParseError) return describeParseError(finding);
  if (finding instanceof UnsatisfiedPositionalError)
    return { message: `${finding.placeholder} is missing` };
  if (finding instanceof UnexpectedPositionalError)
    return { message: `too many arguments: at most ${finding.expectedCount} expected` };
  return null;
}

function describeParseError(finding: ArgumentParseError): Finding | null {
  const cause = finding.exception;
  const flag = `--${finding.externalFlagNameOrPlaceholder}`;
  if (isSlipwayError(cause))
    return {
      message: `${flag}: ${cause.message}`,
      remedies: cause.remedy === null ? [] : [cause.remedy],
    };
  // A flag without a value that was given one: `--offline=perhaps`.
  if (cause instanceof SyntaxError)
    return { message: `${flag}: ${quoted(finding.input)} is neither true nor false` };
  return null;
}

function didYouMean(corrections: readonly string[]): readonly string[] {
  return corrections.length === 0 ? [] : [`Did you mean ${corrections.join(" or ")}?`];
}
