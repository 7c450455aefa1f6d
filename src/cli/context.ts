import type { CommandContext } from "@stricli/core";
import type { Slipway } from "../slipway/slipway.ts";
import type { GlobalFlags } from "./global-flags.ts";
import type { Notices } from "./output/progress.ts";
import { defaultFormat, render } from "./output/render.ts";
import type { View } from "./output/render.ts";
import type { Sink } from "./output/sink.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Standard input: its bytes, and whether a person types them. */
export interface StandardInput extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean;
}

/** Where the Slipway of a command comes from; see `compose.ts`. */
export interface Composition {
  readonly flags: GlobalFlags;
  readonly environment: Environment;
  /** Relative file names are meant from here. */
  readonly workingDirectory: string;
}

/** The process around a command line. All of it is handed in, so that a test runs the whole command in memory. */
export interface Host {
  readonly stdin: StandardInput;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly environment: Environment;
  /** Relative file names are meant from here. */
  readonly workingDirectory: string;
  /** Aborted by the first Ctrl-C or request to end. */
  readonly interrupt: AbortSignal;
  /** Aborted by the next Ctrl-C after this call, which then does not end the process. */
  readonly nextInterrupt: () => AbortSignal;
  /** Milliseconds that an interrupted command has to end by itself. */
  readonly patience: number;
  readonly openSlipway: (composition: Composition) => Promise<Slipway>;
}

/** What a command's function gets as `this`. */
export interface CliContext extends CommandContext {
  readonly flags: GlobalFlags;
  /** The arguments as they were typed, less the global flags: what a completion may depend on. */
  readonly typed: readonly string[];
  readonly stdin: StandardInput;
  readonly stdout: Sink;
  readonly workingDirectory: string;
  readonly notices: Notices;
  /** Aborted by the first Ctrl-C or request to end. */
  readonly interrupt: AbortSignal;
  readonly nextInterrupt: Host["nextInterrupt"];
  /** Gives an interrupted command so many milliseconds from now to end by itself. */
  readonly takeTime: (milliseconds: number) => void;
  readonly openSlipway: () => Promise<Slipway>;
  /** Prints a result in the form that was asked for. */
  readonly print: (view: View) => Promise<void>;
}

/** Prints results: each view in the form that the flags ask for, or else in the one that suits it. */
function createPrinter(stdout: Sink, flags: GlobalFlags): (view: View) => Promise<void> {
  return async (view) => {
    const format = flags.output ?? defaultFormat(view.value, stdout.isTerminal);
    await stdout.write(await render(view, format));
  };
}

interface ContextParts {
  readonly flags: GlobalFlags;
  readonly typed: readonly string[];
  readonly host: Host;
  readonly notices: Notices;
  /** Takes what the scanner itself prints: help and the version. */
  readonly say: (text: string) => void;
  readonly takeTime: CliContext["takeTime"];
}

/** The context of one command in its process. */
export function createContext(parts: ContextParts): CliContext {
  const { flags, typed, host, notices, say, takeTime } = parts;
  const { stdout, environment, workingDirectory, interrupt, nextInterrupt } = host;
  return {
    process: {
      stdout: { write: say },
      // What the scanner would say of an error goes nowhere: it is told as an error of ours.
      stderr: { write: () => undefined },
    },
    flags,
    typed,
    // Node opens its standard input when it is first looked at.
    get stdin() {
      return host.stdin;
    },
    stdout,
    workingDirectory,
    notices,
    interrupt,
    nextInterrupt,
    takeTime,
    openSlipway: () => host.openSlipway({ flags, environment, workingDirectory }),
    print: createPrinter(stdout, flags),
  };
}
