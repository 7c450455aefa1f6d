import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OUTPUT_FORMATS } from "../../src/cli/global-flag-list.ts";
import { fakeSlipway } from "../unit/cli/support/fake-slipway.ts";
import { fakeTerminal } from "../unit/cli/support/fake-terminal.ts";
import { runInMemory } from "../unit/cli/support/command-line.ts";
import { commandLines } from "./support/command-lines.ts";

/** Values for the placeholders that cannot be passed as they are. */
const PLACEHOLDERS: ReadonlyMap<string, string> = new Map([
  ["KIND", "image"],
  ["N", "1"],
  ["COMMAND", "set"],
]);

const failure = z.object({ error: z.object({ reason: z.string(), message: z.string() }) });

describe("command lines of the documents", () => {
  it("are found in blocks and in the text", () => {
    expect(commandLines().length).toBeGreaterThan(30);
  });

  it.each(commandLines())("$at: $line", async ({ words }) => {
    const argv = words.map((word) => PLACEHOLDERS.get(word) ?? word);
    const output = argv.indexOf("-o");
    const format = output === -1 ? "json" : (argv[output + 1] ?? "");
    expect(OUTPUT_FORMATS).toContain(format);
    const plain = output === -1 ? argv : argv.toSpliced(output, 2);
    // A fake runs until it is interrupted.
    const interrupted = words[0] === "fake" ? { interrupt: AbortSignal.abort() } : {};
    const { stderr } = await runInMemory(["-o", "json", ...plain], {
      slipway: fakeSlipway({}),
      terminal: fakeTerminal().terminal,
      ...interrupted,
    });
    const { data } = failure.safeParse(stderr.startsWith("{") ? JSON.parse(stderr) : null);
    expect(data?.error).not.toMatchObject({ reason: "USAGE" });
    expect(data?.error).not.toMatchObject({ reason: "UNKNOWN_KIND" });
  });
});
