import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OUTPUT_FORMATS } from "../../src/cli/global-flag-list.ts";
import { fakeSlipway } from "../unit/cli/support/fake-slipway.ts";
import { runInMemory } from "../unit/cli/support/command-line.ts";
import { commandLines } from "./support/command-lines.ts";

/** What stands for a name of the reader's, where another word than the placeholder is needed. */
const PLACEHOLDERS: ReadonlyMap<string, string> = new Map([
  ["KIND", "image"],
  ["N", "1"],
  ["COMMAND", "set"],
]);

const failure = z.object({ error: z.object({ reason: z.string(), message: z.string() }) });

describe("command lines of the documents", () => {
  it("are many, from blocks and from the text", () => {
    expect(commandLines().length).toBeGreaterThan(30);
  });

  it.each(commandLines())("$at: $line", async ({ words }) => {
    const meant = words.map((word) => PLACEHOLDERS.get(word) ?? word);
    const output = meant.indexOf("-o");
    const format = output === -1 ? "json" : (meant[output + 1] ?? "");
    expect(OUTPUT_FORMATS).toContain(format);
    const plain = output === -1 ? meant : meant.toSpliced(output, 2);
    // A stand-in would run until it is interrupted.
    const interrupted = words[0] === "fake" ? { interrupt: AbortSignal.abort() } : {};
    const { stderr } = await runInMemory(["-o", "json", ...plain], {
      slipway: fakeSlipway({}),
      ...interrupted,
    });
    const { data } = failure.safeParse(stderr.startsWith("{") ? JSON.parse(stderr) : null);
    expect(data?.error).not.toMatchObject({ reason: "USAGE" });
    expect(data?.error).not.toMatchObject({ reason: "UNKNOWN_KIND" });
  });
});
