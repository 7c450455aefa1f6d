import { expect, it } from "vitest";
import { describeWithTerminal } from "../support/peers.ts";
import type { Pty } from "../support/pty.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";

async function linesOf(pty: Pty): Promise<readonly string[]> {
  const { exitCode, output } = await pty.ended;
  expect(exitCode).toBe(0);
  return output.split("\r\n");
}

describeWithTerminal("a result on a terminal", (terminal) => {
  it.each([
    { columns: 40, widest: 39 },
    { columns: 200, widest: 99 },
  ])("fits a window of $columns columns: explain", async ({ columns, widest }) => {
    using catalog = scratchCatalog();
    await using pty = catalog.runOnTerminal(terminal, ["explain", "workspace"], { columns });
    const lengths = (await linesOf(pty)).map((line) => line.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(widest);
    expect(Math.max(...lengths)).toBeGreaterThan(widest - 10);
  });

  it("is a form for one record, and YAML with -o yaml", async () => {
    using catalog = scratchCatalog();
    const get = ["get", "disk-type", "slipway-gp3"];
    await using form = catalog.runOnTerminal(terminal, get);
    const [kind, name] = await linesOf(form);
    expect([kind, name]).toEqual(["KIND         disk-type", "NAME         slipway-gp3"]);
    await using yaml = catalog.runOnTerminal(terminal, [...get, "-o", "yaml"]);
    expect(await linesOf(yaml)).toContain("name: slipway-gp3");
  });
});
