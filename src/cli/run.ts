import { run as runApplication } from "@stricli/core";
import { asSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import { buildSlipwayApplication } from "./app.ts";
import type { Findings } from "./app.ts";
import { createContext } from "./context.ts";
import type { Host } from "./context.ts";
import { createDeparture, isLeftQuietly } from "./shutdown.ts";
import { renderError } from "./output/error-text.ts";
import { EXIT_DONE, exitCodeOf } from "./output/exit-codes.ts";
import { separateGlobalFlags } from "./global-flags.ts";
import type { GlobalFlags, SeparatedArguments } from "./global-flags.ts";
import { createNotices } from "./output/progress.ts";
import type { Notices } from "./output/progress.ts";
import { usageErrorOf } from "./arguments/scanner-findings.ts";

/** First argument of the shells' completion scripts. */
const COMPLETE = "__complete";

/**
 * Runs one command line in the given process and returns its exit code, once everything it printed has been handed
 * on. Ends no process; what it throws is a defect of the host.
 */
export async function runCommandLine(argv: readonly string[], host: Host): Promise<number> {
  return argv[0] === COMPLETE ? await complete(argv, host) : await runOrTell(argv, host);
}

async function complete(argv: readonly string[], host: Host): Promise<number> {
  const { printCompletions } = await import("./completion.ts");
  await printCompletions(argv.slice(1), host);
  return EXIT_DONE;
}

async function runOrTell(argv: readonly string[], host: Host): Promise<number> {
  const separated = separateGlobalFlags(argv);
  const notices = createNotices(host.stderr, separated.flags);
  try {
    await runCommand(separated, host, notices);
    return EXIT_DONE;
  } catch (caught) {
    const error = asSlipwayError(caught);
    // Nobody reads on: that ends a stream, and it is no failure.
    if (error.code === "CANCELLED" && host.stdout.closed.aborted && !host.interrupt.aborted)
      return EXIT_DONE;
    notices.clear();
    if (isLeftQuietly(error)) return exitCodeOf(error);
    return await tell(error, separated.flags, host);
  }
}

/** Tells of a failure that no command heard of, in the form that was asked for, and returns its exit code. */
export async function tellDefect(
  caught: unknown,
  argv: readonly string[],
  host: Host,
): Promise<number> {
  return await tell(asSlipwayError(caught), separateGlobalFlags(argv).flags, host);
}

async function tell(error: SlipwayError, flags: GlobalFlags, host: Host): Promise<number> {
  try {
    await host.stderr.write(renderError(error, flags));
  } catch {
    // Standard error itself fails: the exit code is all that is left to tell.
  }
  return exitCodeOf(error);
}

async function runCommand(
  { flags, rest, error }: SeparatedArguments,
  host: Host,
  notices: Notices,
): Promise<void> {
  if (error !== null) throw error;
  const findings: Findings = { arguments: [], failures: [] };
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const departure = createDeparture(host.interrupt, host.patience);
  const takeTime = departure.extend;
  const context = createContext({ flags, typed: rest, host, notices, say, takeTime });
  let command = "slipway";
  const ran = runApplication(buildSlipwayApplication(findings), rest, {
    process: context.process,
    forCommand: ({ prefix }) => {
      command = prefix.join(" ");
      return context;
    },
  });
  try {
    await Promise.race([ran, departure.left]);
  } finally {
    departure.stay();
  }
  notices.clear();
  if (findings.arguments.length > 0) throw usageErrorOf(findings.arguments, command);
  if (findings.failures.length > 0) throw findings.failures[0];
  if (said.length > 0) await host.stdout.write(said.join(""));
}
