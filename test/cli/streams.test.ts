import { closeSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { slipwayProcess } from "./support/slipway-process.ts";

/** Node arguments that run this script when the program first accesses standard input, so that a command is running. */
function onStdinRead(script: string): readonly string[] {
  const preload = `
    const { get } = Object.getOwnPropertyDescriptor(process, "stdin");
    Object.defineProperty(process, "stdin", {
      configurable: true,
      get() {
        Object.defineProperty(process, "stdin", { get });
        ${script};
        return process.stdin;
      },
    });`;
  return ["--import", `data:text/javascript,${encodeURIComponent(preload)}`];
}

describe("the process", () => {
  it.each([["--help"], ["spawn", "--help"], ["completion", "bash"]])(
    "ends quietly when the reader closes standard output: %s",
    async (...argv) => {
      const ran = await slipwayProcess(argv, { closeStdout: true });
      expect(ran).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
    },
  );

  it("prints help on standard output and nothing on standard error", async () => {
    const ran = await slipwayProcess(["--help"]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain("\n  spawn ");
  });

  it("prints a usage error on standard error and nothing on standard output", async () => {
    const ran = await slipwayProcess(["spwan", "-o", "json"]);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { reason: "USAGE" } });
  });

  it.each([["--help"], ["get", "--help"], ["completion", "bash"]])(
    "fails with one error when its output cannot be written: %s",
    async (...argv) => {
      const full = openSync("/dev/full", "w");
      const ran = await slipwayProcess(argv, { stdout: full });
      closeSync(full);
      expect(ran.exitCode).toBe(1);
      expect(ran.stderr).toMatch(/^slipway: INTERNAL: cannot write the output: .*ENOSPC.*\n.*\n$/);
    },
  );

  it.each([
    ["-o json", ["-o", "json"], /^\{\n {2}"error": \{\n(?: {4}.*\n)+ {2}\}\n\}\n$/],
    ["--quiet", ["--quiet"], /^slipway: INVALID_ARGUMENT: [^\n]*\n(?!.*warning)/],
    ["neither", [], /^slipway: warning: OddWarning: of a library\nslipway: INVALID_ARGUMENT: /],
  ])(
    "keeps what libraries print from standard error, but for warnings where they fit: %s",
    async (_name, flags, expected) => {
      const script =
        "console.error('a log line'); console.warn('too'); process.emitWarning('of a library', 'OddWarning')";
      const ran = await slipwayProcess(["set", "image", "a", ...flags], {
        nodeArguments: onStdinRead(script),
      });
      expect(ran.exitCode).toBe(2);
      expect(ran.stderr).toMatch(expected);
      expect(ran.stderr).not.toMatch(/log line|too|trace-warnings/);
    },
  );

  it("reports an uncaught exception as a defect, without a stack", async () => {
    const ran = await slipwayProcess(["set", "image", "a", "-o", "json"], {
      nodeArguments: onStdinRead("setTimeout(() => { throw new TypeError('unforeseen'); })"),
      keepStdinOpen: true,
    });
    expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { code: "INTERNAL", message: "unexpected failure: unforeseen" },
    });
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "treats %s as an interrupt and exits with 130",
    async (signal) => {
      const ran = await slipwayProcess(["set", "image", "a"], {
        nodeArguments: onStdinRead("process.stderr.write('ready\\n')"),
        keepStdinOpen: true,
        onStderr: (piece, child) => void (piece === "ready\n" && child.kill(signal)),
      });
      expect(ran).toMatchObject({ exitCode: 130, signal: null, stdout: "" });
      expect(ran.stderr).toBe("ready\nslipway: CANCELLED: the command was interrupted\n");
    },
  );
});
