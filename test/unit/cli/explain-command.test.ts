import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runInMemory } from "./support/command-line.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** Opens no database: Slipway is not given. */
async function explained(...argv: readonly string[]): Promise<string> {
  const ran = await runInMemory(["explain", ...argv]);
  expect(ran).toMatchObject({ exitCode: 0, stderr: "", opened: [] });
  return ran.stdout;
}

describe("explain", () => {
  it("prints everything about a field", async () => {
    expect(await explained("workspace.repos.conflict_resolution")).toBe(
      [
        "workspace.repos.conflict_resolution  <text>",
        "",
        "How the agent is to resolve conflicts with the base branch.",
        "",
        "DEFAULT  MERGE",
        "CHOICES  MERGE, REBASE, NONE",
        "SOURCE   docs/guest.md#repositories",
        "",
        "EXAMPLE",
        "  conflict_resolution: REBASE",
        "",
      ].join("\n"),
    );
    const port = await explained("workspace.ports.port");
    expect(port).toContain("<whole number> required\n");
    expect(port).toContain("\nBOUNDS  from 1 to 65535\n");
  });

  it("lists the fields of a kind with their words, in lines that fit", async () => {
    const text = await explained("placement.target.aws");
    expect(text).toContain("\n  region  <text> required\n    The region of the subnets.\n");
    expect(text).toContain("\n  market  <text>, default ON_DEMAND\n");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("lists the fields at every depth", async () => {
    const text = await explained("ws", "--recursive");
    expect(text).toContain("\n  repos  <list of map>\n    clone_url  <text> required\n");
  });

  it.each(["workspace", "workspaces", "ws", "Workspace"])(
    "accepts the kind as %s",
    async (word) => {
      expect(await explained(word)).toMatch(/^workspace {2}<map>\n/);
    },
  );

  it.each(["plan", "plans", "spawn", "event", "error"])(
    "explains the document %s",
    async (word) => {
      expect(await explained(word)).toContain("FIELDS\n");
    },
  );

  it("prints the part of the package's schema for programs", async () => {
    const schema: unknown = JSON.parse(
      readFileSync(join(ROOT, "schemas", "workspace.json"), "utf8"),
    );
    expect(JSON.parse(await explained("workspace", "-o", "json"))).toEqual(schema);
    expect(await explained("ws.minIdle", "-o", "yaml")).toContain("minimum: 0\n");
    expect(await explained("workspace", "--query", "properties.ports.items.required")).toBe(
      "port\n",
    );
  });

  it.each([
    ["workspc", "UNKNOWN_KIND", "Did you mean workspace?"],
    ["plam", "UNKNOWN_KIND", "Did you mean plan?"],
    ["x", "UNKNOWN_KIND", "The kinds are image, workspace"],
    ["placement.target.aws.marke", "USAGE", "Did you mean placement.target.aws.market?"],
    ["placement.aws", "USAGE", "Did you mean placement.target.aws?"],
    ["workspace..", "USAGE", "Its fields are kind, name"],
  ])("says what was meant by %s", async (path, reason, remedy) => {
    const ran = await runInMemory(["explain", path, "-o", "json"]);
    expect(ran.exitCode).toBe(2);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { reason, remedy: expect.stringContaining(remedy) },
    });
  });

  it.each([
    ["wor", ["workspace"]],
    ["ev", ["event"]],
    ["placement.target.a", ["placement.target.aws"]],
    ["ws.po", ["ws.ports"]],
    ["nothing.", []],
  ])("completes %s", async (partial, completions) => {
    const { stdout } = await runInMemory(["__complete", "explain", partial]);
    expect(stdout.split("\n").flatMap((line) => line.split("\t")[0] || [])).toEqual(completions);
  });
});
