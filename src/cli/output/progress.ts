import type { GlobalFlags } from "../global-flags.ts";
import type { Sink } from "./sink.ts";
import { safeLine } from "../terminal-text.ts";

/** Prints progress, hints and warnings to standard error: everything that is neither a result nor an error. */
export interface Progress {
  /** True if nothing will be printed, so that callers can skip looking up what they would print. */
  readonly silent: boolean;
  /** True if progress is printed to a terminal. */
  readonly interactive: boolean;
  /** Prints a warning: something the user should know that does not make the command fail. */
  readonly warn: (message: string, remedy?: string | null) => void;
  /** Prints what the user can do next. */
  readonly hint: (line: string) => void;
  /** Prints a spawn's new state: on a terminal it replaces the previous one, otherwise it is a line of its own. */
  readonly state: (line: string) => void;
  /** Prints intermediate progress, such as that of a pull: on a terminal, or elsewhere with `--verbose`. */
  readonly detail: (line: string) => void;
  /** Erases the line drawn on the terminal. Every write of a command to its own outputs does this first. */
  readonly clear: () => void;
  /**
   * Prints the line, like a state, unless anything else is printed within two seconds or the result is disposed of
   * before that: a command that waits for a peer says so.
   */
  readonly ifSilent: (line: string) => Disposable;
}

/** How long a command prints nothing before it says what it waits for, in milliseconds. */
const SILENCE = 1_500;

const START_OF_LINE_AND_ERASE = "\r\u001b[2K";

/**
 * Creates the progress output of one command. Nothing is printed with `--quiet`. Nothing is printed with JSON output
 * either, unless `--verbose` is given: its consumers expect standard error to hold one JSON object or nothing.
 */
export function createProgress(sink: Sink, flags: GlobalFlags): Progress {
  const silent = flags.quiet || (flags.output === "json" && !flags.verbose);
  if (silent)
    return {
      silent,
      interactive: false,
      warn: ignore,
      hint: ignore,
      state: ignore,
      detail: ignore,
      clear: ignore,
      ifSilent: () => ({ [Symbol.dispose]: ignore }),
    };
  let drawn = false;
  let silence: NodeJS.Timeout | null = null;
  const breakSilence = (): void => {
    if (silence !== null) clearTimeout(silence);
    silence = null;
  };
  const clear = (): void => {
    if (drawn) put(sink, START_OF_LINE_AND_ERASE);
    drawn = false;
  };
  const draw = (line: string): void => {
    breakSilence();
    // Leave one column free: a full line would wrap, and its first row could not be erased.
    put(sink, `${START_OF_LINE_AND_ERASE}${safeLine(line).slice(0, sink.columns - 1)}`);
    drawn = true;
  };
  const print = (line: string): void => {
    breakSilence();
    clear();
    put(sink, `${safeLine(line)}\n`);
  };
  const state = sink.isTerminal ? draw : print;
  return {
    silent,
    interactive: sink.isTerminal,
    clear,
    ifSilent(line) {
      breakSilence();
      silence = setTimeout(() => state(line), SILENCE);
      return { [Symbol.dispose]: breakSilence };
    },
    warn: (message, remedy) => {
      print(`slipway: warning: ${message}`);
      if (remedy !== undefined && remedy !== null) print(`  ${remedy}`);
    },
    hint: (line) => print(`slipway: ${line}`),
    state,
    detail: sink.isTerminal ? draw : flags.verbose ? print : ignore,
  };
}

/** The sink, with the progress line erased from the terminal before each write. */
export function belowProgress(sink: Sink, { clear }: Pick<Progress, "clear">): Sink {
  return {
    isTerminal: sink.isTerminal,
    get columns() {
      return sink.columns;
    },
    closed: sink.closed,
    write: (chunk) => {
      clear();
      return sink.write(chunk);
    },
  };
}

function ignore(): void {
  // Nothing to do.
}

function put(sink: Sink, text: string): void {
  // If standard error itself fails there is nowhere to report it, and lost progress should not fail the command.
  sink.write(text).catch(ignore);
}
