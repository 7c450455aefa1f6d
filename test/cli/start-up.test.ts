import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

const PRETEND = join(import.meta.dirname, "support", "pretend-version.mjs");
const REPORT = join(import.meta.dirname, "support", "report-modules.mjs");

/** The paths and names of all modules that a command line loads. */
async function modulesOf(...argv: readonly string[]): Promise<readonly string[]> {
  const ran = await slipwayProcess(argv, { nodeArguments: ["--import", REPORT] });
  expect(ran.exitCode).toBe(0);
  const modules: unknown = JSON.parse(ran.stderr);
  return Array.isArray(modules) ? modules.map(String) : [];
}

describe("start-up", () => {
  it.each([{ argv: ["--help"] }, { argv: ["--version"] }, { argv: [] }])(
    "loads no package and few own modules for $argv",
    async ({ argv }) => {
      const modules = await modulesOf(...argv);
      expect(modules.filter((module) => module.includes("/node_modules/"))).toEqual([]);
      expect(modules.filter((module) => /sqlite|crypto|http/i.test(module))).toEqual([]);
      expect(modules.filter((module) => module.includes("/src/")).length).toBeLessThan(12);
    },
  );

  it.each([
    ["spawn", "--help"],
    ["get", "--help"],
    ["fake", "--help"],
    ["completion", "bash"],
  ])("loads only the scanner for %s %s", async (...argv) => {
    const modules = await modulesOf(...argv);
    const packages = modules.filter((module) => module.includes("/node_modules/"));
    expect(packages).toEqual([expect.stringContaining("@stricli/core")]);
    expect(modules.filter((module) => /sqlite/i.test(module))).toEqual([]);
    const allowed = /\/src\/(?:cli\/|errors\.ts|json\/json-object\.ts|async\/cancellation\.ts)/;
    const own = modules.filter((module) => module.includes("/src/") && !allowed.test(module));
    expect(own).toEqual([]);
  });

  it("loads neither the spawner nor an adapter for a command that does not launch", async () => {
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    const modules = await modulesOf("get", "image", "--database", database);
    const spawner = /\/adapters\/|\/src\/spawning\.ts|\/spawner\/(?:spawn|drive|launch-queue)\.ts/;
    expect(modules.filter((module) => spawner.test(module))).toEqual([]);
    expect(modules.filter((module) => module.includes("/src/catalog/"))).not.toEqual([]);
  });

  it.each(["20.20.2", "22.17.1", "8.0.0"])(
    "rejects Node %s before it loads anything",
    async (node) => {
      const ran = await slipwayProcess(["list"], {
        nodeArguments: ["--import", PRETEND, "--import", REPORT],
        environment: { PRETENDED_NODE: node },
      });
      expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
      expect(ran.stderr).toContain(`Slipway needs Node 22.18 or newer, this is v${node}\n`);
      expect(ran.stderr.match(/\/src\//g)).toHaveLength(1);
    },
  );

  it.each(["22.18.0", "24.0.0"])("accepts Node %s", async (node) => {
    const ran = await slipwayProcess(["--version"], {
      nodeArguments: ["--import", PRETEND],
      environment: { PRETENDED_NODE: node },
    });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  });
});
