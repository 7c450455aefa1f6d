import { describe, expect, it, vi } from "vitest";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";

describe("list --watch", () => {
  const booting = sampleSpawn({ spawnId: "one", state: "booting", machine: null });
  const running = sampleSpawn({ spawnId: "a-long-name", labels: { team: "red" } });
  const watchList = vi.fn<Slipway["watchList"]>(async function* () {
    await Promise.resolve();
    yield [];
    yield [booting];
    yield [running];
    yield [booting];
  });
  const slipway = fakeSlipway({ watchList });
  const watched = async (...argv: readonly string[]) =>
    await runInMemory(["list", "-w", ...argv], { slipway });

  it("prints a line for each change below the titles, on a terminal and elsewhere", async () => {
    const { stdout } = await watched();
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/u).slice(0, 3))).toEqual([
      ["SPAWN", "WORKSPACE", "STATE"],
      ["one", "agent-dev", "booting"],
      ["a-long-name", "agent-dev", "running"],
      ["one", "agent-dev", "booting"],
      [""],
    ]);
    const [, , wider, last] = stdout.split("\n");
    expect(last?.indexOf("agent-dev")).toBe(wider?.indexOf("agent-dev"));
    const environment = { NO_COLOR: "1" };
    const terminal = { slipway, stdoutIsTerminal: true, environment };
    expect((await runInMemory(["list", "-w"], terminal)).stdout).toBe(stdout);
  });

  it("prints one document for each change", async () => {
    const lines = (await watched("-o", "json")).stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { spawn_id: "one", state: "booting" },
      { spawn_id: "a-long-name", labels: { team: "red" } },
      { spawn_id: "one" },
    ]);
    expect((await watched("-o", "yaml")).stdout).toMatch(/^---\nspawn_id: one\n/u);
    expect((await watched("-o", "name")).stdout).toBe("one\na-long-name\none\n");
    expect((await watched("--query", "[spawn_id, state] | join(' ', @)")).stdout).toBe(
      "one booting\na-long-name running\none booting\n",
    );
  });

  it("passes the filters of a list on", async () => {
    await watched("--workspace", "agent-dev", "--label", "team=red");
    const [filter, options] = watchList.mock.lastCall ?? [];
    expect(filter).toEqual({ workspace: "agent-dev", live: true, labels: { team: "red" } });
    expect(options?.signal).toBeInstanceOf(AbortSignal);
  });

  it.each([
    ["--limit", "3"],
    ["--sort", "state"],
  ])("refuses %s", async (flag, value) => {
    const ran = await watched(flag, value);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(`--watch and ${flag} are mutually exclusive`);
  });
});
