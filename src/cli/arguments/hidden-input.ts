/** Reads lines that the terminal does not show: secrets that a person types. */
import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import { Readable, Writable } from "node:stream";
import { invalidArgument } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";
import type { HiddenInput, StandardInput } from "../context.ts";
import type { Sink } from "../output/sink.ts";
import { raceWithInterrupt } from "../shutdown.ts";

interface HiddenInputParts {
  readonly stdin: StandardInput;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly interrupt: AbortSignal;
}

/** For how long no more of a long paste must arrive before it is considered complete, in milliseconds. */
const PASTE_PAUSE = 100;

/** Stops the terminal from showing what is typed. @throws TypeError if standard input is not a stream of Node */
export function openHiddenInput(parts: HiddenInputParts): HiddenInput {
  const { stdin, stdout, stderr, interrupt } = parts;
  if (!(stdin instanceof Readable)) throw new TypeError("standard input is not a stream of Node");
  // A question is not a result, but a person has to see it.
  const screen = [stderr, stdout].find(({ isTerminal }) => isTerminal);
  const lines = createInterface({
    input: stdin,
    // Node shows what is typed by writing it here.
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: true,
    historySize: 0,
  });
  const nextLine = collectLines(lines, interrupt);
  return {
    async ask(question) {
      await screen?.write(question);
      try {
        const answer = await nextLine();
        if (answer !== null) return answer;
        await discardPaste(stdin);
        throw severalLines();
      } finally {
        await screen?.write("\n");
      }
    },
    [Symbol.dispose]: () => lines.close(),
  };
}

/** Returns a function that waits for the next line: an empty one at the end of the input, null if several arrive at once. */
function collectLines(lines: Interface, interrupt: AbortSignal): () => Promise<string | null> {
  const typed: string[] = [];
  const ctrlC = new AbortController();
  const ended = Promise.withResolvers<void>();
  let arrived = Promise.withResolvers<void>();
  lines
    .on("line", (line) => {
      typed.push(line);
      arrived.resolve();
    })
    .on("SIGINT", () => ctrlC.abort())
    .on("close", () => ended.resolve())
    // By default, Node gives the terminal its echo back and stops this process. In a container, where no shell can continue
    // it, the process is not stopped, and the terminal shows the rest.
    .on("SIGTSTP", () => undefined);
  const signal = AbortSignal.any([interrupt, ctrlC.signal]);
  return async () => {
    await raceWithInterrupt(signal, Promise.race([arrived.promise, ended.promise]));
    // All lines of one paste have arrived before this continues.
    const [line = "", ...others] = typed.splice(0);
    arrived = Promise.withResolvers();
    return others.length === 0 && lines.line === "" ? line : null;
  };
}

/** Discards the rest of a paste, which the shell would otherwise show and execute. */
async function discardPaste(stdin: Readable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const pause = setTimeout(resolve, PASTE_PAUSE);
  const restart = (): void => void pause.refresh();
  stdin.on("data", restart);
  await promise;
  stdin.off("data", restart);
}

function severalLines(): SlipwayError {
  return invalidArgument(
    "INVALID_INPUT",
    "the text that was pasted has several lines; nothing was stored",
    "Put it into a file that only you can read, and name the file with -f.",
  );
}
