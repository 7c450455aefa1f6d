import { describe, expect, it } from "vitest";
import { slipway } from "./support/slipway-process.ts";

describe("the process", () => {
  it.each([["--help"], ["spawn", "--help"], ["completion", "bash"]])(
    "ends quietly when nobody reads what it prints: %s",
    async (...argv) => {
      const ran = await slipway(argv, { closeStdout: true });
      expect(ran).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
    },
  );

  it("prints help on standard output and nothing on standard error", async () => {
    const ran = await slipway(["--help"]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain("\n  spawn ");
  });

  it("prints a usage error on standard error and nothing on standard output", async () => {
    const ran = await slipway(["spwan", "-o", "json"]);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { reason: "USAGE" } });
  });
});
