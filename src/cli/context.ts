import type { CommandContext } from "@stricli/core";
import { systemClock } from "../host/system-clock.ts";
import type { Diagnosis, DiagnoseOptions } from "../slipway/diagnosis/diagnose.ts";
import type { Slipway } from "../slipway/slipway.ts";
import type { ExecTerminal } from "../substrate/contract.ts";
import type { StorageWarning } from "../storage/database-file.ts";
import type { ChosenContext } from "./configuration/named-context.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { belowProgress } from "./output/progress.ts";
import type { Progress } from "./output/progress.ts";
import type { Query } from "./output/query.ts";
import { defaultFormat, render, renderItem } from "./output/render.ts";
import type { View } from "./output/render.ts";
import { terminalColumns } from "./output/sink.ts";
import type { Sink } from "./output/sink.ts";
import { viewSelection } from "./views/selection-view.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Standard input: its bytes, and whether it is a terminal. */
export interface StandardInput extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean;
  /** Of a terminal: whether it passes on every key as it is typed. */
  readonly setRawMode?: (isRaw: boolean) => unknown;
}

/** A terminal that does not show what is typed, until this is disposed of. */
export interface HiddenInput extends Disposable {
  /**
   * Asks for one line, which Enter ends. The keys for editing a line work as usual, although nothing is shown. Ctrl-D on an
   * empty line is an empty answer.
   *
   * @throws SlipwayError `CANCELLED` on Ctrl-C or another interrupt, `INVALID_ARGUMENT` / `INVALID_INPUT` if several lines
   *   are pasted
   */
  readonly ask: (question: string) => Promise<string>;
}

/** The terminal that a command was typed on. */
export interface OwnTerminal extends ExecTerminal {
  /**
   * Passes on every key as it is typed, Ctrl-C included, until the result is disposed of or the signal is aborted. The
   * terminal is restored before the process can end by a second signal, for which nothing is restored.
   */
  readonly passKeys: (signal: AbortSignal) => Disposable;
}

/** The inputs from which Slipway is opened; see `compose.ts`. */
export interface Composition {
  readonly flags: GlobalFlags;
  /** The context of the configuration file; null without one. */
  readonly chosen: ChosenContext | null;
  readonly environment: Environment;
  /** Relative paths are resolved against this folder. */
  readonly workingDirectory: string;
  readonly onWarning: (warning: StorageWarning) => void;
  /** Fail if the database does not exist, instead of creating it. Default false. */
  readonly onlyExisting?: boolean;
}

/** The process around a command line. It is passed in, so that tests can run a whole command in memory. */
export interface Host {
  readonly stdin: StandardInput;
  /** Stops the terminal at standard input from showing what is typed. */
  readonly openHiddenInput: () => Promise<HiddenInput>;
  /** The terminal at standard input; null if it is not one. */
  readonly openTerminal: () => Promise<OwnTerminal | null>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly environment: Environment;
  /** Relative paths are resolved against this folder. */
  readonly workingDirectory: string;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly interrupt: AbortSignal;
  /** Returns a signal that the next Ctrl-C aborts; that Ctrl-C does not end the process. */
  readonly nextInterrupt: () => AbortSignal;
  /** The current time, in milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
  /** How long an interrupted command may take to end by itself, in milliseconds. */
  readonly gracePeriod: number;
  readonly openSlipway: (composition: Composition) => Promise<Slipway>;
  readonly diagnose: (
    composition: Composition,
    options: Pick<DiagnoseOptions, "placement" | "signal">,
  ) => Promise<Diagnosis>;
}

/** The context that every command function receives. */
export interface CliContext extends CommandContext {
  readonly flags: GlobalFlags;
  /** The arguments as typed, without the global flags; completions depend on them. */
  readonly typed: readonly string[];
  readonly stdin: StandardInput;
  readonly openHiddenInput: Host["openHiddenInput"];
  readonly openTerminal: Host["openTerminal"];
  readonly stdout: Sink;
  /** For the errors of a command that runs in a machine; Slipway's own go through `progress`. */
  readonly stderr: Sink;
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly progress: Progress;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly interrupt: AbortSignal;
  readonly nextInterrupt: Host["nextInterrupt"];
  readonly now: () => number;
  /** Gives an interrupted command this many milliseconds from now to end by itself. */
  readonly extendGracePeriod: (milliseconds: number) => void;
  readonly openSlipway: () => Promise<Slipway>;
  /** Diagnoses what `openSlipway` would use, without opening or changing it. */
  readonly diagnose: (options: Pick<DiagnoseOptions, "placement">) => Promise<Diagnosis>;
  /** Prints a result in the requested format. */
  readonly print: (view: View) => Promise<void>;
  /** Prints one of several results that are printed as they come. */
  readonly printItem: (view: View) => Promise<void>;
  /**
   * The help of a command, or of all commands if none is named.
   *
   * @throws SlipwayError `INVALID_ARGUMENT` / `USAGE` for an unknown command
   */
  readonly helpOf: (command: string | undefined) => Promise<string>;
  /** Makes a command that succeeds exit with this code instead of 0. */
  readonly exitWith: (code: number) => void;
}

/** Returns a function that prints a view in the format of `--output`, or else in the view's default format. */
function createPrinter(
  stdout: Sink,
  { host, flags, query }: Pick<ContextParts, "host" | "flags" | "query">,
  now: () => number,
  renderIn: typeof render,
): (view: View) => Promise<void> {
  const { environment } = host;
  const { isTerminal } = stdout;
  return async (whole) => {
    const view = query === null ? whole : viewSelection(query(whole.value), { isTerminal });
    const format = flags.output ?? defaultFormat(view, isTerminal);
    const color = isTerminal && hasColors(environment);
    const columns = terminalColumns(stdout);
    await stdout.write(await renderIn(view, format, { color, columns, now: now() }));
  };
}

/** https://no-color.org */
export function hasColors({ NO_COLOR, TERM }: Environment): boolean {
  return (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}

interface ContextParts {
  readonly flags: GlobalFlags;
  /** Chooses the context of the configuration file, when it is needed. */
  readonly choose: () => Promise<ChosenContext | null>;
  readonly typed: readonly string[];
  readonly host: Host;
  readonly progress: Progress;
  /** Selects from each result; null without `--query`. */
  readonly query: Query | null;
  /** Receives what the scanner itself prints: help and the version. */
  readonly onScannerOutput: (text: string) => void;
  readonly extendGracePeriod: CliContext["extendGracePeriod"];
  readonly exitWith: CliContext["exitWith"];
  readonly helpOf: CliContext["helpOf"];
  readonly onlyExisting?: Composition["onlyExisting"];
}

/** Creates the context of one command. */
export function createContext(parts: ContextParts): CliContext {
  const { flags, choose, typed, host, progress, onScannerOutput } = parts;
  const { extendGracePeriod, exitWith, helpOf } = parts;
  const { environment, workingDirectory, interrupt, nextInterrupt } = host;
  const stdout = belowProgress(host.stdout, progress);
  const stderr = belowProgress(host.stderr, progress);
  const { openHiddenInput, openTerminal } = host;
  const { now = () => systemClock.now() } = host;
  const compose = async (): Promise<Composition> => ({
    flags,
    chosen: await choose(),
    environment,
    workingDirectory,
    onWarning: ({ message, remedy }) => progress.warn(message, remedy),
    onlyExisting: parts.onlyExisting ?? false,
  });
  return {
    process: {
      stdout: { write: onScannerOutput },
      // The scanner's own error text is dropped: the findings are reported as a SlipwayError.
      stderr: { write: () => undefined },
    },
    flags,
    typed,
    // A getter, because Node opens standard input on the first access.
    get stdin() {
      return host.stdin;
    },
    openHiddenInput,
    openTerminal,
    stdout,
    stderr,
    environment,
    workingDirectory,
    progress,
    interrupt,
    nextInterrupt,
    now,
    extendGracePeriod,
    openSlipway: async () => await host.openSlipway(await compose()),
    diagnose: async (options) =>
      await host.diagnose(await compose(), { ...options, signal: interrupt }),
    print: createPrinter(stdout, parts, now, render),
    printItem: createPrinter(stdout, parts, now, renderItem),
    exitWith,
    helpOf,
  };
}
