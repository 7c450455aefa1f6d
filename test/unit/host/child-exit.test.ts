import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { waitForExit } from "../../../src/host/child-exit.ts";

/** A shell that runs these lines, with what it has written so far. */
function shell(script: string) {
  const child = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "pipe"] });
  const written = { output: "", errors: "" };
  child.stdout.on("data", (piece: Buffer) => (written.output += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => (written.errors += piece.toString()));
  return { child, written };
}

/** Ends the process in the background, whose id the shell has printed first. */
function endBackground({ output }: { readonly output: string }): void {
  process.kill(Number(output.split("\n", 1)[0]));
}

function pipesOf({ stdout, stderr }: ChildProcess) {
  return [stdout?.destroyed, stderr?.destroyed];
}

describe("waitForExit", () => {
  it("does not wait for a process in the background, and has the child's own output", async () => {
    const { child, written } = shell("sleep 600 & echo $!; echo out; echo err >&2; exit 3");
    expect(await waitForExit(child)).toBe(3);
    endBackground(written);
    expect(written).toEqual({ output: expect.stringMatching(/^\d+\nout\n$/), errors: "err\n" });
    expect(pipesOf(child)).toEqual([true, true]);
  });

  it("reads more than one pipe holds", async () => {
    const { child, written } = shell("sleep 600 & echo $!; head -c 3000000 /dev/zero");
    expect(await waitForExit(child)).toBe(0);
    endBackground(written);
    expect(written.output.length).toBeGreaterThan(3_000_000);
  });

  it("has no exit code for a child that a signal ended", async () => {
    expect(await waitForExit(shell("kill -9 $$").child)).toBe(null);
  });

  it("fails for a child that cannot be started", async () => {
    const child = spawn("/nonexistent/program", { stdio: ["ignore", "pipe", "pipe"] });
    await expect(waitForExit(child)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("waits for a child without pipes", async () => {
    const child = spawn("/bin/sh", ["-c", "exit 4"], { stdio: "ignore" });
    const started = once(child, "spawn");
    expect(await waitForExit(child)).toBe(4);
    await started;
  });
});
