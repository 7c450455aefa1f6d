import { run as runApplication } from "@stricli/core";
import { asSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import { buildSlipwayApplication, helpOfCommand } from "./app.ts";
import type { Findings } from "./app.ts";
import { createContext } from "./context.ts";
import type { Host } from "./context.ts";
import { createShutdown, isQuietExit } from "./shutdown.ts";
import { renderError } from "./output/error-text.ts";
import { EXIT_DONE, exitCodeOf } from "./output/exit-codes.ts";
import { separateGlobalFlags } from "./global-flags.ts";
import type { GlobalFlags, SeparatedArguments } from "./global-flags.ts";
import { createProgress } from "./output/progress.ts";
import type { Query } from "./output/query.ts";
import type { Progress } from "./output/progress.ts";
import { usageErrorOf } from "./arguments/scanner-findings.ts";

/** The first argument that the completion scripts pass. */
const COMPLETE = "__complete";

/**
 * Runs one command line and returns its exit code, once all output has been written. Never exits the process; throws
 * only if the host itself is defective.
 */
export async function runCommandLine(argv: readonly string[], host: Host): Promise<number> {
  return argv[0] === COMPLETE ? await complete(argv, host) : await runAndReport(argv, host);
}

async function complete(argv: readonly string[], host: Host): Promise<number> {
  const { printCompletions } = await import("./completion.ts");
  await printCompletions(argv.slice(1), host);
  return EXIT_DONE;
}

async function runAndReport(argv: readonly string[], host: Host): Promise<number> {
  const separated = separateGlobalFlags(argv);
  const progress = createProgress(host.stderr, separated.flags);
  try {
    return await runCommand(separated, host, progress);
  } catch (caught) {
    const error = asSlipwayError(caught);
    // The reader closed standard output: that ends a stream normally.
    if (error.code === "CANCELLED" && host.stdout.closed.aborted && !host.interrupt.aborted)
      return EXIT_DONE;
    progress.clear();
    if (isQuietExit(error)) return exitCodeOf(error);
    return await reportError(error, separated.flags, host);
  }
}

/** Prints an error that was thrown outside of any command, in the requested format, and returns its exit code. */
export async function reportDefect(
  caught: unknown,
  argv: readonly string[],
  host: Host,
): Promise<number> {
  return await reportError(asSlipwayError(caught), separateGlobalFlags(argv).flags, host);
}

/** Prints a warning that came from outside of any command, where the requested format has room for it. */
export function reportWarning(message: string, argv: readonly string[], host: Host): void {
  createProgress(host.stderr, separateGlobalFlags(argv).flags).warn(message);
}

async function reportError(error: SlipwayError, flags: GlobalFlags, host: Host): Promise<number> {
  try {
    const { stderr } = host;
    await stderr.write(renderError(error, flags, stderr.isTerminal ? stderr.columns : null));
  } catch {
    // Standard error itself cannot be written: only the exit code can report the failure.
  }
  return exitCodeOf(error);
}

async function compiledQuery(expression: string): Promise<Query> {
  const { compileQuery } = await import("./output/query.ts");
  return compileQuery(expression);
}

async function runCommand(
  { flags, rest, error }: SeparatedArguments,
  host: Host,
  progress: Progress,
): Promise<number> {
  if (error !== null) throw error;
  const query = flags.query === null ? null : await compiledQuery(flags.query);
  const findings: Findings = { arguments: [], failures: [] };
  const output: string[] = [];
  const onScannerOutput = (text: string): void => void output.push(text);
  const shutdown = createShutdown(host.interrupt, host.gracePeriod);
  const extendGracePeriod = shutdown.extend;
  let exitCode = EXIT_DONE;
  const context = createContext({
    flags,
    typed: rest,
    host,
    progress,
    query,
    onScannerOutput,
    extendGracePeriod,
    exitWith: (code) => (exitCode = code),
    helpOf: helpOfCommand,
  });
  let command = "slipway";
  const ran = runApplication(buildSlipwayApplication(findings), rest, {
    process: context.process,
    forCommand: ({ prefix }) => {
      command = prefix.join(" ");
      return context;
    },
  });
  try {
    await Promise.race([ran, shutdown.abandoned]);
  } finally {
    shutdown.cancel();
  }
  progress.clear();
  if (findings.arguments.length > 0) throw usageErrorOf(findings.arguments, command);
  if (findings.failures.length > 0) throw findings.failures[0];
  if (output.length > 0) await host.stdout.write(output.join(""));
  return exitCode;
}
