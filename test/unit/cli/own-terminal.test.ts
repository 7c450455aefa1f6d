import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { openOwnTerminal } from "../../../src/cli/own-terminal.ts";

/** Streams of a process whose keyboard is a terminal, and the modes that it was set to. */
function streams({
  screen = "stdout",
  size = {},
}: {
  screen?: "stdout" | "stderr";
  size?: object;
}) {
  const modes: boolean[] = [];
  const output = (isTTY: boolean) =>
    Object.assign(new EventEmitter(), { isTTY, write: () => true, ...(isTTY ? size : {}) });
  const stdin = {
    isTTY: true,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
    [Symbol.asyncIterator]: async function* () {},
  };
  const [stdout, stderr] = [output(screen === "stdout"), output(screen === "stderr")];
  return { stdin, stdout, stderr, modes };
}

it("is none where standard input is not a terminal", () => {
  const { stdin, ...others } = streams({});
  expect(openOwnTerminal({ ...others, stdin: { ...stdin, isTTY: false } })).toBeNull();
});

it.each(["stdout", "stderr"] as const)(
  "has the size of the screen at %s, until it ends",
  (screen) => {
    const own = streams({ screen, size: { columns: 132, rows: 43 } });
    const terminal = openOwnTerminal(own);
    let changes = 0;
    const listening = terminal?.onResize(() => (changes += 1));
    own[screen].emit("resize");
    listening?.[Symbol.dispose]();
    own[screen].emit("resize");
    expect(changes).toBe(1);
    expect(terminal?.size()).toEqual({ columns: 132, rows: 43 });
  },
);

it("has a usual size if the terminal reports none", () => {
  const usual = { columns: 80, rows: 24 };
  expect(openOwnTerminal(streams({ size: { columns: 0, rows: 0 } }))?.size()).toEqual(usual);
});

it("is restored when its user ends, and as soon as the process is interrupted", () => {
  const interrupt = new AbortController();
  const own = streams({});
  const terminal = openOwnTerminal(own);
  const passing = terminal?.passKeys(interrupt.signal);
  expect(own.modes).toEqual([true]);
  interrupt.abort();
  expect(own.modes).toEqual([true, false]);
  passing?.[Symbol.dispose]();
  expect(own.modes.at(-1)).toBe(false);
  const again = terminal?.passKeys(new AbortController().signal);
  again?.[Symbol.dispose]();
  expect(own.modes.slice(-2)).toEqual([true, false]);
});
