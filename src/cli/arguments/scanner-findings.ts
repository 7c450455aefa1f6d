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
import { COMMANDS_OF_OTHER_TOOLS } from "../help/other-tools.ts";
import { kebabCase, usageError } from "./flags.ts";
import { quoted } from "../terminal-text.ts";

/** The error for a first word that is not a command. */
export function unknownCommand(input: string, corrections: readonly string[]): SlipwayError {
  const meant = COMMANDS_OF_OTHER_TOOLS.get(input);
  const alike =
    meant === undefined
      ? corrections.filter((correction) => isLikelyTypo(input, correction))
      : [meant];
  return usageError(
    `unknown command ${quoted(input)}`,
    [...didYouMean(alike), 'Run "slipway --help" to list the commands.'].join(" "),
  );
}

/**
 * A typo seldom changes the first letter. A word that starts with another letter, or shares fewer than half of its
 * letters, is a different word.
 */
function isLikelyTypo(input: string, word: string): boolean {
  const letters = new Set(input);
  const shared = Array.from(word).filter((letter) => letters.has(letter)).length;
  return word.startsWith(input.slice(0, 1)) && shared * 2 >= word.length;
}

/** Converts everything that the argument scanner rejected to one `SlipwayError`. */
export function usageErrorOf(findings: readonly unknown[], command: string): SlipwayError {
  const help = `Run "${command} --help" to see its arguments.`;
  const described = findings.map((finding) => describe(finding));
  const unexpected = findings.find((_, index) => described[index] === null);
  if (unexpected !== undefined) return asSlipwayError(unexpected);
  const messages = described.flatMap((finding) => (finding === null ? [] : [finding.message]));
  const remedies = described.flatMap((finding) => finding?.remedies ?? []);
  return usageError(messages.join("; "), [...remedies, help].join(" "));
}

interface Finding {
  readonly message: string;
  readonly remedies?: readonly string[];
}

/** Null if the value is not about the arguments. Positional arguments are never repeated: they may be secrets. */
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
      message: `--${finding.externalFlagName}: ${quoted(finding.input)} is not one of ${finding.values.join(", ")}`,
    };
  if (finding instanceof ArgumentParseError) return describeParseError(finding);
  if (finding instanceof UnsatisfiedPositionalError)
    return { message: `${finding.placeholder} is missing` };
  if (finding instanceof UnexpectedPositionalError)
    return {
      message:
        finding.expectedCount === 0
          ? "unexpected argument: the command takes only flags"
          : `too many arguments: at most ${finding.expectedCount} expected`,
    };
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
  // A boolean flag with a value that is not a boolean: `--offline=perhaps`.
  if (cause instanceof SyntaxError)
    return { message: `${flag}: ${quoted(finding.input)} is neither true nor false` };
  return null;
}

function didYouMean(corrections: readonly string[]): readonly string[] {
  return corrections.length === 0 ? [] : [`Did you mean ${corrections.join(" or ")}?`];
}
