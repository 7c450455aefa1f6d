import { join } from "node:path";
import { openPty } from "../../support/pty.ts";
import type { Pty, PtyOptions } from "../../support/pty.ts";
import type { TerminalPeer } from "../../support/peers.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { slipway } from "./command-line.ts";
import type { CommandOptions, CommandResult } from "./command-line.ts";
import { MAIN, slipwayProcess } from "./slipway-process.ts";
import type { ProcessOptions, ProcessResult } from "./slipway-process.ts";

export interface ScratchCatalog extends Disposable {
  readonly path: string;
  readonly database: string;
  readonly keyFile: string;
  /** Runs the command line on this catalog, in this process. */
  readonly run: (argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
  /** Runs a command that must succeed. */
  readonly must: (argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
  /** Runs a command in a process of its own. */
  readonly runProcess: (
    argv: readonly string[],
    options?: ProcessOptions,
  ) => Promise<ProcessResult>;
  /** Runs a command on a terminal. */
  readonly runOnTerminal: (
    terminal: TerminalPeer,
    argv: readonly string[],
    options?: TerminalOptions,
  ) => Pty;
}

export interface TerminalOptions extends PtyOptions {
  /** Such as `2> errors.txt`: what the shell redirects away from the terminal. */
  readonly redirect?: string;
}

/** A catalog in its own folder, which is also the home and the working directory of its commands. */
export function scratchCatalog(): ScratchCatalog {
  const folder = scratchFolder();
  const { path } = folder;
  const database = join(path, "slipway.db");
  const own = { HOME: path, LOGNAME: "tester", SLIPWAY_DATABASE: database };
  const run: ScratchCatalog["run"] = (argv, options = {}) =>
    slipway(argv, path, { ...options, environment: { ...own, ...options.environment } });
  return {
    path,
    database,
    keyFile: join(path, "slipway.key"),
    run,
    must: async (argv, options) => {
      const ran = await run(argv, options);
      if (ran.exitCode === 0) return ran;
      throw new Error(`slipway ${argv.join(" ")} exited with ${ran.exitCode}: ${ran.stderr}`);
    },
    runProcess: (argv, options = {}) =>
      slipwayProcess(argv, {
        workingDirectory: path,
        ...options,
        environment: { ...own, ...options.environment },
      }),
    runOnTerminal: (terminal, argv, { redirect = "", ...options } = {}) =>
      openPty(terminal, [...shellWith(redirect), process.execPath, MAIN, ...argv], {
        workingDirectory: path,
        ...options,
        environment: { ...own, ...options.environment },
      }),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

function shellWith(redirect: string): readonly [string, ...string[]] {
  return ["/bin/sh", "-c", `exec "$@" ${redirect}`, "sh"];
}
