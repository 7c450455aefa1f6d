import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import xterm from "@xterm/headless";
import { z } from "zod";
import { NODE_ENVIRONMENT } from "./processes.ts";
import type { TerminalPeer } from "./peers.ts";

const DRIVER = join(import.meta.dirname, "pty.py");

/** What the keyboard sends for some keys. */
export const KEYS = {
  enter: "\r",
  backspace: "\u007f",
  ctrlC: "\u0003",
  ctrlD: "\u0004",
  ctrlU: "\u0015",
} as const;

export interface PtyOptions {
  /** Width in characters; default 80. */
  readonly columns?: number;
  /** Height in lines; default 24. */
  readonly rows?: number;
  /** Variables in addition to `PATH` and `TERM`; no other variable is inherited. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
}

export interface PtyEnd {
  readonly exitCode: number | null;
  readonly signal: number | null;
  /** Whether the terminal was left showing what is typed. */
  readonly echo: boolean;
  /** Whether the terminal was left sending whole lines, and signals for Ctrl-C. */
  readonly lines: boolean;
  /** Exactly what the terminal received. */
  readonly output: string;
}

/** A program on a terminal. Disposing of it kills the program. */
export interface Pty extends AsyncDisposable {
  /** Sends text as if it were typed; see {@link KEYS}. */
  readonly type: (typed: string) => void;
  readonly resize: (columns: number, rows?: number) => void;
  /** Sends a signal to the program. */
  readonly kill: (signal: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGKILL") => void;
  /** What the terminal has received so far. */
  readonly output: () => string;
  /** The lines that the window shows now and those that have scrolled out of it, without trailing space and empty lines. */
  readonly screen: () => Promise<readonly string[]>;
  /** Resolves as soon as the output has a match after what an earlier call matched; rejects if the program ends first. */
  readonly waitFor: (expected: string | RegExp) => Promise<void>;
  readonly ended: Promise<PtyEnd>;
}

const report = z.object({
  exitCode: z.number().nullable(),
  signal: z.number().nullable(),
  echo: z.boolean(),
  lines: z.boolean(),
});

/** Runs a program (an absolute path) on a terminal of its own. */
export function openPty(
  { python }: TerminalPeer,
  command: readonly [program: string, ...words: string[]],
  options: PtyOptions = {},
): Pty {
  const { columns = 80, rows = 24, environment = {}, workingDirectory } = options;
  const child = spawn(python, ["-I", DRIVER, String(columns), String(rows), ...command], {
    cwd: workingDirectory,
    env: { ...NODE_ENVIRONMENT, TERM: "xterm-256color", ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { stdin: orders, stdout: received, stderr: ending } = child;
  const window = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  let hasEnded = false;
  let output = "";
  let matched = 0;
  let check = (): void => undefined;
  received.setEncoding("utf8").on("data", (piece: string) => {
    output += piece;
    window.write(piece);
    check();
  });
  const order = (content: object): void => void orders.write(`${JSON.stringify(content)}\n`);
  // Orders to a program that has ended are lost.
  orders.on("error", () => undefined);

  const ended = Promise.all([text(ending), once(child, "close")]).then(([line]): PtyEnd => {
    hasEnded = true;
    check();
    // A driver that fails prints something else.
    return { ...report.parse(JSON.parse(line)), output };
  });
  return {
    type: (typed) => order({ type: typed }),
    resize(wider, taller = rows) {
      window.resize(wider, taller);
      order({ resize: [wider, taller] });
    },
    kill: (signal) => order({ signal: constants.signals[signal] }),
    output: () => output,
    screen: () => screenOf(window),
    waitFor: (expected) =>
      new Promise<void>((resolve, reject) => {
        check = () => {
          const found = matchEnd(output.slice(matched), expected);
          if (found !== null) {
            matched += found;
            check = () => undefined;
            resolve();
          } else if (hasEnded) {
            reject(new Error(`the program ended before ${String(expected)}: ${output}`));
          }
        };
        check();
      }),
    ended,
    async [Symbol.asyncDispose]() {
      orders.end();
      await ended;
      window.dispose();
    },
  };
}

/** The offset after the first match; null if there is none. */
function matchEnd(output: string, expected: string | RegExp): number | null {
  if (typeof expected === "string") {
    const start = output.indexOf(expected);
    return start === -1 ? null : start + expected.length;
  }
  const match = expected.exec(output);
  return match === null ? null : match.index + match[0].length;
}

async function screenOf(window: xterm.Terminal): Promise<readonly string[]> {
  // A write is drawn later; the callback of the last one comes after all of them.
  await new Promise<void>((resolve) => window.write("", resolve));
  const { active } = window.buffer;
  const lines = Array.from({ length: active.length }, (_line, index) =>
    (active.getLine(index)?.translateToString(true) ?? "").trimEnd(),
  );
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}
