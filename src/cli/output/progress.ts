import type { GlobalFlags } from "../global-flags.ts";
import type { Sink } from "./sink.ts";
import { safeLine } from "../terminal-text.ts";

/** Everything that is neither a result nor an error; it goes to standard error. */
export interface Notices {
  /** True where nothing will be said: what only serves a notice need not be looked up. */
  readonly silent: boolean;
  /** True where a person reads at a terminal what is said. */
  readonly interactive: boolean;
  /** Something that the reader should know and nothing fails for. */
  readonly warn: (message: string, remedy?: string | null) => void;
  /** What a person at the terminal has to know to go on. */
  readonly hint: (line: string) => void;
  /** The spawn's new state: drawn over the previous one on a terminal, else a line of its own. */
  readonly state: (line: string) => void;
  /** A word on the way, such as a pull's progress: only drawn, or printed where more was asked for. */
  readonly detail: (line: string) => void;
  /** Takes away what is drawn, before anything else is printed. */
  readonly clear: () => void;
}

const START_OF_LINE_AND_ERASE = "\r\u001b[2K";

/**
 * Notices for one command. Nothing is said with `--quiet`, and nothing with JSON, whose reader expects standard
 * error to hold one object or nothing, unless `--verbose` asks for it.
 */
export function createNotices(sink: Sink, flags: GlobalFlags): Notices {
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
    };
  let drawn = false;
  const clear = (): void => {
    if (drawn) put(sink, START_OF_LINE_AND_ERASE);
    drawn = false;
  };
  const draw = (line: string): void => {
    // One column is left free: a full line would wrap, and its first half could not be erased.
    put(sink, `${START_OF_LINE_AND_ERASE}${safeLine(line).slice(0, sink.columns - 1)}`);
    drawn = true;
  };
  const print = (line: string): void => {
    clear();
    put(sink, `${safeLine(line)}\n`);
  };
  return {
    silent,
    interactive: sink.isTerminal,
    clear,
    warn: (message, remedy) => {
      print(`slipway: warning: ${message}`);
      if (remedy !== undefined && remedy !== null) print(`  ${remedy}`);
    },
    hint: (line) => print(`slipway: ${line}`),
    state: sink.isTerminal ? draw : print,
    detail: sink.isTerminal ? draw : flags.verbose ? print : ignore,
  };
}

function ignore(): void {
  // Nobody listens.
}

function put(sink: Sink, text: string): void {
  // Where standard error itself fails there is nowhere left to say so, and a notice is not worth failing for.
  sink.write(text).catch(ignore);
}
