import { describe, expect, it } from "vitest";
import { playBlock } from "./support/play-document.ts";
import { openTerminalSession } from "./support/terminal-session.ts";
import type { TerminalSession } from "./support/terminal-session.ts";

/** A session whose commands print this. */
function printing(output: string): TerminalSession {
  return {
    play: (line) => Promise.resolve({ line, output, exitCode: 0 }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

describe("the output that a document shows", () => {
  it.each<readonly [string, string, string]>([
    ["the same", "a\nb\n", "a\nb\n"],
    ["another time", "at 2026-12-01T00:00:00.000Z\n", "at 2025-01-01T09:30:00.5Z\n"],
    ["another id", "i-06171a9cbe6ad2672\n", "i-16171a9cbe6ad2679\n"],
    ["another port", "http://127.0.0.1:1\n", "http://127.0.0.1:40761\n"],
    ["another age and width", "x  1s   -\n", "x  12m  -\n"],
    ["omitted lines", "a\n…\nz\n", "a\nb\nc\nz\n"],
    ["no omitted line", "a\n…\nz\n", "a\nz\n"],
    ["a reminder", "a\n", "resolving workspace hello-dev\na\n"],
    ["an omitted part of a line", "a …: z\n", "a long [part]: z\n"],
  ])("stays: %s", async (_what, shown, output) => {
    const { text } = await playBlock(`$ command\n${shown}`, printing(output));
    expect(text).toBe(`$ command\n${shown}`);
  });

  it.each<readonly [string, string, string]>([
    ["another word", "a\nb\n", "a\nc\n"],
    ["a further line", "a\n", "a\nb\n"],
    ["a missing line", "a\nb\n", "a\n"],
    ["no output", "a\n", ""],
    ["a line beside the omitted ones", "a\n…\nz\n", "a\nb\ny\n"],
    ["a character with a meaning in patterns", "a.\n", "ab\n"],
  ])("is replaced by the real one: %s", async (_what, shown, output) => {
    const { text } = await playBlock(`$ command\n${shown}`, printing(output));
    expect(text).toBe(`$ command\n${output}`);
  });
});

describe("a terminal session", () => {
  it("plays programs, variables, files and pipes", async () => {
    await using session = openTerminalSession();
    const block = [
      "$ cat image.yaml",
      "{name: one, architecture: amd64, docker: {image_ref: alpine}}",
      "$ cat image.yaml",
      "{name: one, architecture: amd64, docker: {image_ref: alpine}}",
      "$ slipway set image one -o name < image.yaml",
      "one",
      "$ sed s/one/two/ image.yaml | slipway set image two -o name",
      "two",
      "$ slipway get images -o name > names",
      "$ wc -l < names",
      "2",
      "$ export SLIPWAY_TENANT=other",
      "$ slipway get images -o name",
      "$ echo wrong >&2; false",
      "wrong",
      "",
    ].join("\n");
    const { text, commands } = await playBlock(block, session);
    expect(text).toBe(block);
    expect(commands.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("reports a fake that does not start", async () => {
    await using session = openTerminalSession();
    await expect(session.play("slipway fake ec2 --port x > ec2.env &", "")).rejects.toThrow(
      '"x" is not a valid port',
    );
  });
});
