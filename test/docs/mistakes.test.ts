import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/documents.ts";
import { playDocument } from "./support/play-document.ts";
import type { PlayedBlock } from "./support/play-document.ts";
import { openTerminalSession } from "./support/terminal-session.ts";

const NAME = "docs/mistakes.md";

/** The most lines of an answer. */
const MOST_LINES = 3;

/** What is wrong and what is right, from the correction of a file, or from the two command lines. */
function differenceOf({ commands }: PlayedBlock): {
  readonly wrong: readonly string[];
  readonly right: readonly string[];
} {
  for (const { line } of commands) {
    const [, , wrong = "", right = ""] = /^sed -i 's(.)(.+)\1(.*)\1' /u.exec(line) ?? [];
    if (wrong !== "") return { wrong: wordsOf(wrong), right: wordsOf(right) };
  }
  const [mistaken = [], corrected = []] = commands
    .filter(({ line }) => line.startsWith("slipway "))
    .map(({ line }) => wordsOf(line));
  return {
    wrong: mistaken.filter((word) => !corrected.includes(word)),
    right: corrected.filter((word) => !mistaken.includes(word)),
  };
}

/** The words of a text, without punctuation that YAML and the shell need. */
function wordsOf(text: string): readonly string[] {
  return text.match(/[\w-]{2,}/gu) ?? [];
}

describe(NAME, async () => {
  await using session = openTerminalSession();
  const { text, blocks } = await playDocument(NAME, session);
  const mistakes = blocks.filter(({ info }) => info === "console mistake");

  it("shows the answers as they are, and corrections that succeed", async () => {
    await expect(text).toMatchFileSnapshot(join(ROOT, NAME));
    for (const { commands } of blocks) expect(commands.at(-1)).toMatchObject({ exitCode: 0 });
  });

  it("has at least 30 mistakes", () => {
    expect(mistakes.length).toBeGreaterThanOrEqual(30);
  });

  it.each(
    mistakes.map((block) => ({
      ...block,
      title: block.commands.map(({ line }) => line).join("; "),
    })),
  )("answers in at most three lines, with the value and what to write instead: $title", (block) => {
    const answer = block.commands.find(({ line }) => line.startsWith("slipway "));
    expect(answer?.exitCode).toBeGreaterThan(1);
    const output = answer?.output ?? "";
    expect(output).toMatch(/^slipway: [A-Z_]+: /u);
    expect(output.trimEnd().split("\n").length).toBeLessThanOrEqual(MOST_LINES);
    const { wrong, right } = differenceOf(block);
    for (const word of [...wrong, ...right]) expect(output).toContain(word);
  });
});
