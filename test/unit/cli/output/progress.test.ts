import { describe, expect, it, vi } from "vitest";
import type { GlobalFlags } from "../../../../src/cli/global-flags.ts";
import { belowProgress, createProgress } from "../../../../src/cli/output/progress.ts";
import { memorySink } from "../support/command-line.ts";

const flags: GlobalFlags = {
  output: null,
  query: null,
  context: null,
  tenant: null,
  database: null,
  keyFile: null,
  quiet: false,
  verbose: false,
};

/** What is written for two states of a spawn, a detail and a warning, and the end of the command. */
function written(isTerminal: boolean, changes: Partial<GlobalFlags> = {}): string {
  const { sink, text } = memorySink(isTerminal);
  const progress = createProgress(sink, { ...flags, ...changes });
  progress.state("one: launching");
  progress.detail("one: 3 of 7 MB");
  progress.warn("small\u001b[2J", "Fix it.");
  progress.state("one: running");
  progress.clear();
  return text();
}

const PLAIN = [
  "one: launching",
  "slipway: warning: small\\x1b[2J",
  "  Fix it.",
  "one: running",
  "",
];

describe("progress", () => {
  it("is plain lines without a terminal, one for each state", () => {
    expect(written(false)).toBe(PLAIN.join("\n"));
  });

  it("includes details with --verbose", () => {
    expect(written(false, { verbose: true })).toBe(
      PLAIN.toSpliced(1, 0, "one: 3 of 7 MB").join("\n"),
    );
  });

  it("redraws one line on a terminal, and erases it at the end", () => {
    const erase = "\r\u001b[2K";
    expect(written(true)).toBe(
      [
        `${erase}one: launching`,
        `${erase}one: 3 of 7 MB`,
        `${erase}slipway: warning: small\\x1b[2J\n  Fix it.\n`,
        `${erase}one: running`,
        erase,
      ].join(""),
    );
  });

  it("says what a silent command waits for, once and not after any other line", async () => {
    vi.useFakeTimers();
    try {
      const { sink, text } = memorySink(false);
      const progress = createProgress(sink, flags);
      using _waiting = progress.ifSilent("waiting for the engine");
      await vi.advanceTimersByTimeAsync(1_000);
      expect(text()).toBe("");
      await vi.advanceTimersByTimeAsync(1_000);
      expect(text()).toBe("waiting for the engine\n");
      using _again = progress.ifSilent("waiting again");
      progress.state("one: running");
      await vi.advanceTimersByTimeAsync(60_000);
      progress.ifSilent("too late")[Symbol.dispose]();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(text()).toBe("waiting for the engine\none: running\n");
    } finally {
      vi.useRealTimers();
    }
  });

  it("is erased before a write to an output", async () => {
    const { sink, text } = memorySink(true);
    const progress = createProgress(sink, flags);
    progress.state("one: running");
    const output = belowProgress(sink, progress);
    await output.write("first\n");
    await output.write("second\n");
    const erase = "\r\u001b[2K";
    expect(text()).toBe(`${erase}one: running${erase}first\nsecond\n`);
  });

  it("never draws a line that would wrap", () => {
    const { sink, text } = memorySink(true);
    createProgress(sink, flags).state("x".repeat(500));
    expect(text()).toBe(`\r\u001b[2K${"x".repeat(79)}`);
  });

  it.each<readonly [string, Partial<GlobalFlags>]>([
    ["--quiet", { quiet: true }],
    ["JSON", { output: "json" }],
  ])("is silent with %s", (_why, changes) => {
    expect(written(true, changes)).toBe("");
    expect(written(false, changes)).toBe("");
  });

  it("is printed with JSON output if --verbose is given", () => {
    expect(written(false, { output: "json", verbose: true })).not.toBe("");
  });
});
