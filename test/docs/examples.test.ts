import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { launchMany } from "../../examples/burst.ts";
import { launchOnFake } from "../../examples/fake.ts";
import { runScript } from "../../examples/script.ts";
import { launchTasks } from "../../examples/tasks.ts";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import type { MachineAccess } from "../../src/substrate/contract.ts";
import { createFakeAdapter } from "../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { scratchFolder } from "../support/scratch.ts";
import { allBlocks, ROOT } from "./support/documents.ts";

/** A substrate in memory with the examples' image, and the records that refer to it. */
function nowhere() {
  const clock = createFakeClock();
  const adapter = createFakeAdapter({
    clock,
    images: [{ reference: "ghcr.io/acme/agent:v1", architecture: "amd64" }],
    places: [{ place: "local" }],
  });
  const openAdapter = () => Promise.resolve(adapter);
  return { adapter, ports: { clock, openAdapter, dockerCredential: () => Promise.resolve(null) } };
}

/** An example as a user of the installed package writes it. */
function asInstalled(source: string): string {
  return source
    .replaceAll('"../src/index.ts"', '"slipway"')
    .replaceAll('"../testing/index.ts"', '"slipway/testing"');
}

describe("TypeScript examples", () => {
  const shown = allBlocks().filter(({ language }) => language === "ts");

  it("appear in the documents", () => {
    const files = shown.map(({ subject }) => subject);
    expect(files).toEqual(
      expect.arrayContaining(["examples/embed.ts", "examples/burst.ts", "examples/fake.ts"]),
    );
  });

  it.each(shown)("$at is $subject, word for word", ({ subject, text }) => {
    expect(text).toBe(asInstalled(readFileSync(join(ROOT, subject), "utf8")));
  });

  it("are in the package, except for the one that runs in a checkout only", () => {
    using cache = scratchFolder();
    const argv = ["pack", "--dry-run", "--json", "--ignore-scripts", "--cache", cache.path];
    const packed = spawnSync("npm", argv, { cwd: ROOT, encoding: "utf8", timeout: 40_000 });
    const paths = readdirSync(join(ROOT, "examples")).filter((name) => name !== "registry.ts");
    for (const name of paths) expect(packed.stdout).toContain(`"examples/${name}"`);
    expect(packed.stdout).not.toContain("examples/registry.ts");
  });

  it("run a script in a container", async () => {
    const { adapter, ports } = nowhere();
    const access: MachineAccess = {
      kind: "exec",
      async exec(_id, { command, env, input, onOutput }) {
        const words = [...command, env["CI"]?.reveal(), ...(await Array.fromAsync(input ?? []))];
        await onOutput("stdout", Buffer.from(words.join(" ")));
        return words.join(" ").endsWith("exit 3") ? 3 : 0;
      },
      publishedHost: () => Promise.resolve("127.0.0.1"),
    };
    const openAdapter = () => Promise.resolve({ ...adapter, access });
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    // It writes the records.
    await launchOnFake(database);
    await using slipway = await createSlipway({ database, ports: { ...ports, openAdapter } });
    const { spawnId } = await slipway.spawnWorkspace("agent-dev");
    expect(await runScript(slipway, spawnId, "npm test")).toBe("sh -e true npm test");
    await expect(runScript(slipway, spawnId, "exit 3")).rejects.toThrow("ended with 3: sh -e true");
  });

  it("report that their port is in use", async () => {
    const taken = createServer();
    taken.listen(5000, "127.0.0.1");
    // If another process already uses the port, it is in use as well.
    await new Promise<void>((resolve) => {
      taken.once("listening", resolve).once("error", () => resolve());
    });
    const ran = spawnSync(process.execPath, [join(ROOT, "examples/registry.ts")], {
      encoding: "utf8",
      timeout: 40_000,
    });
    taken.close();
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toMatch(
      /^cannot listen on 127\.0\.0\.1:5000: the port is in use \(EADDRINUSE\)\n.+\n$/u,
    );
  });

  it("launch many machines of the workspace they set", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-docs-"));
    try {
      const database = join(folder, "slipway.db");
      await launchOnFake(database);
      const { adapter, ports } = nowhere();
      await using slipway = await createSlipway({ database, ports });
      const reported: string[] = [];
      const report = (line: string): void => void reported.push(line);
      const spawns = await launchMany(slipway, { workspace: "agent-dev", count: 20, report });
      expect(new Set(spawns.map(({ machine }) => machine?.id)).size).toBe(20);
      expect(reported).toEqual([]);
      expect(spawns[19]).toMatchObject({ spawnId: "agent-dev-19" });
      expect(adapter.calls).toMatchObject({ inspectImage: 1, launch: 20 });
      const tasks = await launchTasks(slipway, "agent-dev", ["review", "test"]);
      expect(tasks.map(({ input }) => input)).toEqual([{ task: "test" }, { task: "review" }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("launch one machine", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-docs-"));
    try {
      const { spawn, launches } = await launchOnFake(join(folder, "slipway.db"));
      expect(spawn).toMatchObject({ spawnId: "agent-1", state: "running" });
      expect(launches).toBe(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
