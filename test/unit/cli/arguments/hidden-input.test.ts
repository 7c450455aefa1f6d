import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { openHiddenInput } from "../../../../src/cli/arguments/hidden-input.ts";
import { memorySink } from "../support/command-line.ts";

/** A terminal whose mode can be asked for. */
class Keyboard extends PassThrough {
  isRaw = false;
  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }
}

function scene({ stdoutIsTerminal = true, stderrIsTerminal = true } = {}) {
  const stdin = new Keyboard();
  const stdout = memorySink(stdoutIsTerminal);
  const stderr = memorySink(stderrIsTerminal);
  const interrupt = new AbortController();
  const input = openHiddenInput({
    stdin,
    stdout: stdout.sink,
    stderr: stderr.sink,
    interrupt: interrupt.signal,
  });
  return { stdin, stdout, stderr, interrupt, input };
}

describe("input that is not shown", () => {
  it.each([
    ["Enter", "hunter2\r", "hunter2"],
    ["backspace, a whole character at a time", "a💥ü\u007f\u007fb\r", "ab"],
    ["Ctrl-U", "wrong\u0015right\r", "right"],
    ["arrow keys and other keys that type nothing", "ab\u001b[D\u001b[5~x\r", "axb"],
    ["a tab", "a\tb\r", "a\tb"],
    ["Ctrl-D after a text", "ab\u0004c\r", "abc"],
    ["Ctrl-D on an empty line", "\u0004", ""],
  ])("understands %s", async (_what, typed, expected) => {
    const { stdin, input, stderr } = scene();
    const answer = input.ask("Value: ");
    stdin.write(typed);
    expect(await answer).toBe(expected);
    expect(stderr.text()).toBe("Value: \n");
    input[Symbol.dispose]();
  });

  it.each([
    { stdoutIsTerminal: true, stderrIsTerminal: true, out: "", err: "Value: \n" },
    { stdoutIsTerminal: true, stderrIsTerminal: false, out: "Value: \n", err: "" },
    { stdoutIsTerminal: false, stderrIsTerminal: true, out: "", err: "Value: \n" },
    { stdoutIsTerminal: false, stderrIsTerminal: false, out: "", err: "" },
  ])("asks where a person sees it: %o", async ({ out, err, ...terminals }) => {
    const { stdin, input, stdout, stderr } = scene(terminals);
    const answer = input.ask("Value: ");
    stdin.write("a\r");
    await answer;
    expect([stdout.text(), stderr.text()]).toEqual([out, err]);
    input[Symbol.dispose]();
  });

  it("returns the terminal to its mode, and reads no more, when it is disposed of", () => {
    const { stdin, input } = scene();
    expect(stdin.isRaw).toBe(true);
    input[Symbol.dispose]();
    expect(stdin.isRaw).toBe(false);
    expect(stdin.isPaused()).toBe(true);
  });

  it("ends with Ctrl-C or an interrupt", async () => {
    const typed = scene();
    const answer = typed.input.ask("Value: ");
    typed.stdin.write("hunter2\u0003");
    await expect(answer).rejects.toMatchObject({ code: "CANCELLED", reason: "INTERRUPTED" });
    const sent = scene();
    const other = sent.input.ask("Value: ");
    sent.interrupt.abort();
    await expect(other).rejects.toMatchObject({ code: "CANCELLED", reason: "INTERRUPTED" });
    typed.input[Symbol.dispose]();
    sent.input[Symbol.dispose]();
  });

  it("refuses a paste of several lines, and reads what is still coming of it", async () => {
    const { stdin, input } = scene();
    let isComplete = false;
    const answer = input.ask("Value: ");
    stdin.write("BEGIN\rkey");
    setImmediate(() => {
      stdin.write("key\rEND\r");
      isComplete = true;
    });
    await expect(answer).rejects.toMatchObject({ reason: "INVALID_INPUT" });
    expect(isComplete).toBe(true);
    expect(stdin.readableLength).toBe(0);
    input[Symbol.dispose]();
  });
});
