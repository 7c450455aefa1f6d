import { spawnSync } from "node:child_process";
import { onAbort } from "../async/cancellation.ts";
import type { OwnTerminal, StandardInput } from "./context.ts";
import type { WritableStreamLike } from "./output/sink.ts";

export interface OwnTerminalStreams {
  readonly stdin: StandardInput;
  readonly stdout: WritableStreamLike;
  readonly stderr: WritableStreamLike;
}

/**
 * Stops the terminal from adding a carriage return to each newline: the command's own terminal has done so already, unless
 * the command wants to move the cursor straight down. Node's raw mode leaves this on, and turns everything back together.
 * Without the `stty` of POSIX such commands look skewed.
 */
function leaveOutputAlone(): void {
  spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
}

/** The size of a terminal that does not report one. */
const DEFAULT_SIZE = { columns: 80, rows: 24 } as const;

/** Null if standard input is not a terminal. */
export function openOwnTerminal({ stdin, stdout, stderr }: OwnTerminalStreams): OwnTerminal | null {
  if (stdin.isTTY !== true) return null;
  // The output may be redirected while the keyboard is not.
  const screen = [stdout, stderr].find(({ isTTY }) => isTTY === true);
  return {
    size: () => ({
      columns: screen?.columns || DEFAULT_SIZE.columns,
      rows: screen?.rows || DEFAULT_SIZE.rows,
    }),
    onResize(listener) {
      screen?.on("resize", listener);
      return { [Symbol.dispose]: () => void screen?.off?.("resize", listener) };
    },
    passKeys(signal) {
      stdin.setRawMode?.(true);
      leaveOutputAlone();
      const restore = (): void => void stdin.setRawMode?.(false);
      const restoring = onAbort(signal, restore);
      return {
        [Symbol.dispose]: () => {
          restoring[Symbol.dispose]();
          restore();
        },
      };
    },
  };
}
