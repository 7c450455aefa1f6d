import { run as runApplication } from "@stricli/core";
import { asSlipwayError, isSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import { buildSlipwayApplication, helpOfCommand } from "./app.ts";
import type { Findings } from "./app.ts";
import { chooseContext } from "./configuration/choose-context.ts";
import type { ChosenContext } from "./configuration/named-context.ts";
import { overridingVariables } from "./configuration/settings.ts";
import { createContext } from "./context.ts";
import type { Host } from "./context.ts";
import { createShutdown, isQuietExit } from "./shutdown.ts";
import { renderError } from "./output/error-text.ts";
import { EXIT_DONE, exitCodeOf } from "./output/exit-codes.ts";
import { separateGlobalFlags } from "./global-flags.ts";
import type { GlobalFlags, SeparatedArguments } from "./global-flags.ts";
import { createProgress } from "./output/progress.ts";
import type { Query } from "./output/query.ts";
import { terminalColumns } from "./output/sink.ts";
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
  const typed = separateGlobalFlags(argv);
  const chosen = await chosenFor(typed, host).catch(asSlipwayError);
  if (isSlipwayError(chosen)) return await reportError(chosen, typed.flags, host);
  const output = typed.flags.output ?? chosen?.settings.defaultOutput ?? null;
  const separated = { ...typed, flags: { ...typed.flags, output } };
  const progress = createProgress(host.stderr, separated.flags);
  try {
    warnOfOverrides(chosen, host, progress);
    return await runCommand(separated, { host, chosen, progress });
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

/** These work whatever the configuration file says. `context` reads it itself, because it may have to correct it. */
const WITHOUT_CONTEXT: ReadonlySet<string | undefined> = new Set([
  undefined,
  "completion",
  "context",
  "help",
  "version",
]);

async function chosenFor(
  { flags, rest, error }: SeparatedArguments,
  host: Host,
): Promise<ChosenContext | null> {
  const isHelp = rest.some((word) => word === "--help" || word === "-h");
  if (error !== null || isHelp || WITHOUT_CONTEXT.has(rest[0])) return null;
  return await chooseContext(flags.context, host);
}

/** A user who names a context on the command line may not think of the variables. */
function warnOfOverrides(chosen: ChosenContext | null, host: Host, progress: Progress): void {
  if (chosen?.source !== "flag") return;
  for (const variable of overridingVariables(chosen.settings, host.environment))
    progress.warn(
      `${variable} takes precedence over the context ${chosen.name}`,
      `Unset it to use the context's.`,
    );
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
    await stderr.write(renderError(error, flags, terminalColumns(stderr)));
  } catch {
    // Standard error itself cannot be written: only the exit code can report the failure.
  }
  return exitCodeOf(error);
}

async function compiledQuery(expression: string): Promise<Query> {
  const { compileQuery } = await import("./output/query.ts");
  return compileQuery(expression);
}

interface Run {
  readonly host: Host;
  readonly chosen: ChosenContext | null;
  readonly progress: Progress;
}

async function runCommand(
  { flags, rest, error }: SeparatedArguments,
  { host, chosen, progress }: Run,
): Promise<number> {
  if (error !== null) throw error;
  const query = flags.query === null ? null : await compiledQuery(flags.query);
  const findings: Findings = { arguments: [], failures: [] };
  const output: string[] = [];
  const onScannerOutput = (text: string): void => void output.push(text);
  const shutdown = createShutdown(host.interrupt, host.gracePeriod);
  const extendGracePeriod = shutdown.extend;
  const columns = terminalColumns(host.stdout);
  let exitCode = EXIT_DONE;
  const context = createContext({
    flags,
    choose: () => Promise.resolve(chosen),
    typed: rest,
    host,
    progress,
    query,
    onScannerOutput,
    extendGracePeriod,
    exitWith: (code) => (exitCode = code),
    helpOf: async (name) => await helpOfCommand(name, columns),
  });
  let command = "slipway";
  const ran = runApplication(buildSlipwayApplication(findings, columns), rest, {
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
