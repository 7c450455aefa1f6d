import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchCatalog } from "./support/scratch-catalog.ts";
import type { ScratchCatalog } from "./support/scratch-catalog.ts";

/** Runs the fake until it listens, or until it is refused. */
async function fake(catalog: ScratchCatalog, ...argv: readonly string[]) {
  return await catalog.run(["fake", ...argv], { interrupt: AbortSignal.abort() });
}

const KINDS = ["image", "machine-type", "environment", "placement", "workspace"] as const;

describe.each(["ec2", "gce"])("slipway fake %s --apply", (cloud) => {
  const name = `fake-${cloud}`;
  const effects = (change: string): string =>
    KINDS.map((kind) => `${kind} ${name} ${change}\n`).join("");

  it("writes its records once, and brings its own up to date", async () => {
    using catalog = scratchCatalog();
    expect((await fake(catalog, cloud, "--apply")).stdout).toContain(`\n\n${effects("created")}\n`);
    expect((await fake(catalog, cloud, "--apply")).stdout).toContain(effects("unchanged"));
    // As an older version of the command could have written it.
    await catalog.must(["patch", "machine-type", name, "--set", "description=old"], {
      environment: { LOGNAME: `slipway fake ${cloud}` },
    });
    const { stdout } = await fake(catalog, cloud, "--apply");
    expect(stdout).toContain(`machine-type ${name} configured\n`);
    expect(stdout).toContain(`workspace ${name} unchanged\n`);
  });

  it("writes no record without the flag", async () => {
    using catalog = scratchCatalog();
    expect((await fake(catalog, cloud)).stdout).not.toContain("created");
    expect(existsSync(catalog.database)).toBe(false);
  });

  it("never replaces a record of the user, and starts nothing", async () => {
    using catalog = scratchCatalog();
    const own = `{kind: machine-type, name: ${name}, vcpus: 64, memory_gb: 1, architecture: amd64, spec: {docker: {cpus: 1}}}`;
    await catalog.must(["apply", "-f", "-"], { stdin: own });
    const ran = await fake(catalog, cloud, "--apply", "--state", "state.json");
    expect(ran).toEqual({
      exitCode: 8,
      stdout: "",
      stderr: `slipway: ALREADY_EXISTS: --apply would replace records that it did not write: machine-type ${name}\nKeep them: choose another catalog with --tenant or --database. Or delete them, such as with \`slipway delete machine-type ${name}\`.\n`,
    });
    expect(existsSync(join(catalog.path, "state.json"))).toBe(false);
    expect((await catalog.must(["get", "machine-type", name])).stdout).toContain("vcpus: 64");
    expect((await catalog.run(["get", "workspace", name])).exitCode).toBe(4);
    const elsewhere = await fake(catalog, cloud, "--apply", "--tenant", "trial");
    expect(elsewhere.stdout).toContain(effects("created"));
  });

  it("accepts a record of the user that is the same", async () => {
    using catalog = scratchCatalog();
    await fake(catalog, cloud, "--apply");
    const { stdout: exported } = await catalog.must(["export"]);
    const copy = ["--tenant", "copy"];
    await catalog.must([...copy, "apply", "-f", "-"], { stdin: exported });
    expect((await fake(catalog, ...copy, cloud, "--apply")).stdout).toContain(effects("unchanged"));
  });

  it("prints variables for a shell", async () => {
    using catalog = scratchCatalog();
    const { stdout } = await fake(catalog, cloud);
    const url = /^listening on (.+)\n/.exec(stdout)?.[1] ?? "";
    const lines = stdout.split("\n").filter((line) => line.startsWith("export "));
    const printed = execFileSync("sh", ["-c", `${lines.join("\n")}\nenv`], { env: {} }).toString();
    expect(printed).toContain(
      cloud === "ec2" ? `AWS_ENDPOINT_URL=${url}\n` : `=${url}/compute/v1/\n`,
    );
  });
});
