import { describe, expect, it } from "vitest";
import type { GlobalFlags } from "../../../../src/cli/global-flags.ts";
import { createNotices } from "../../../../src/cli/output/progress.ts";
import { memorySink } from "../support/command-line.ts";

const flags: GlobalFlags = {
  output: null,
  tenant: null,
  database: null,
  keyFile: null,
  quiet: false,
  verbose: false,
};

/** What is written when a spawn goes on, a warning comes and the command ends. */
function told(isTerminal: boolean, changes: Partial<GlobalFlags> = {}): string {
  const { sink, text } = memorySink(isTerminal);
  const notices = createNotices(sink, { ...flags, ...changes });
  notices.state("one: launching");
  notices.detail("one: 3 of 7 MB");
  notices.warn("small\u001b[2J", "Mend it.");
  notices.state("one: running");
  notices.clear();
  return text();
}

const PLAIN = [
  "one: launching",
  "slipway: warning: small\\x1b[2J",
  "  Mend it.",
  "one: running",
  "",
];

describe("notices", () => {
  it("are plain lines where there is no terminal, one for each state", () => {
    expect(told(false)).toBe(PLAIN.join("\n"));
  });

  it("tell more where more is asked for", () => {
    expect(told(false, { verbose: true })).toBe(PLAIN.toSpliced(1, 0, "one: 3 of 7 MB").join("\n"));
  });

  it("draw one line over and over on a terminal, and take it away", () => {
    const erase = "\r\u001b[2K";
    expect(told(true)).toBe(
      [
        `${erase}one: launching`,
        `${erase}one: 3 of 7 MB`,
        `${erase}slipway: warning: small\\x1b[2J\n  Mend it.\n`,
        `${erase}one: running`,
        erase,
      ].join(""),
    );
  });

  it("never draw a line that would wrap", () => {
    const { sink, text } = memorySink(true);
    createNotices(sink, flags).state("x".repeat(500));
    expect(text()).toBe(`\r\u001b[2K${"x".repeat(79)}`);
  });

  it.each<readonly [string, Partial<GlobalFlags>]>([
    ["--quiet", { quiet: true }],
    ["JSON", { output: "json" }],
  ])("are silent with %s", (_why, changes) => {
    expect(told(true, changes)).toBe("");
    expect(told(false, changes)).toBe("");
  });

  it("are told with JSON where more is asked for", () => {
    expect(told(false, { output: "json", verbose: true })).not.toBe("");
  });
});
