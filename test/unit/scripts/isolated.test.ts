import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../support/scratch.ts";

const SCRIPT = join(import.meta.dirname, "..", "..", "..", "scripts", "isolated.sh");
const isRoot = process.getuid?.() === 0;
const REPORT = 'printf "%s\\n" "$HOME" "$TMPDIR"; ls -A "$HOME" "$TMPDIR"';

/** A folder in this machine's own /tmp, with a file in it. */
function plantedFolder(): Disposable & { readonly path: string } {
  const made = spawnSync("bash", ["-c", "mktemp -d /tmp/slipway-planted.XXXXXX"], {
    encoding: "utf8",
  });
  const path = made.stdout.trim();
  writeFileSync(join(path, "planted"), "left behind");
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

interface Settings {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

function isolated(script: string, { cwd, environment = {} }: Settings = {}) {
  const env = { PATH: process.env["PATH"] ?? "", ...environment };
  const ran = spawnSync("bash", [SCRIPT, "bash", "-c", script], { cwd, env, encoding: "utf8" });
  return { status: ran.status, output: ran.stdout, errors: ran.stderr };
}

describe("scripts/isolated.sh", () => {
  it("gives the command an empty HOME and TMPDIR, and removes them", () => {
    using elsewhere = scratchFolder();
    writeFileSync(join(elsewhere.path, "planted"), "");
    const environment = { HOME: elsewhere.path, TMPDIR: elsewhere.path };
    const { status, output } = isolated(`${REPORT}; touch "$HOME/a" "$TMPDIR/b"`, { environment });
    expect(status).toBe(0);
    expect(output).not.toContain("planted");
    const [home = "", temporary = ""] = output.split("\n");
    expect(home).not.toBe(elsewhere.path);
    expect([home, temporary].map((path) => existsSync(path))).toEqual([false, false]);
  });

  it("exits as the command does", () => {
    expect(isolated("exit 7").status).toBe(7);
  });

  it.skipIf(!isRoot)("hides what lies in /tmp, and leaves it there", () => {
    using planted = plantedFolder();
    const ran = isolated(`ls -A /tmp; cat ${planted.path}/planted`);
    expect(ran.status).not.toBe(0);
    expect(ran.output).not.toContain("slipway-planted");
    expect(ran.errors).toContain("No such file or directory");
    expect(existsSync(join(planted.path, "planted"))).toBe(true);
  });

  it.skipIf(!isRoot)("leaves nothing in the machine's own /tmp", () => {
    using planted = plantedFolder();
    const made = `${planted.path}-made`;
    expect(isolated(`touch ${made} && ls ${made}`)).toMatchObject({ status: 0, errors: "" });
    expect(existsSync(made)).toBe(false);
  });

  it.skipIf(!isRoot)("keeps the peers' folder and the working directory", () => {
    using planted = plantedFolder();
    const peers = join(planted.path, "peers");
    const checkout = join(planted.path, "checkout");
    for (const folder of [peers, checkout]) {
      mkdirSync(folder);
      writeFileSync(join(folder, "file"), "");
    }
    const settings = { cwd: checkout, environment: { SLIPWAY_PEERS_DIR: peers } };
    const { output } = isolated(`ls; touch ${peers}/new; cd ..; ls`, settings);
    expect(output).toBe("file\ncheckout\npeers\n");
    expect(existsSync(join(peers, "new"))).toBe(true);
  });

  it("goes on where /tmp cannot be hidden, and says so", () => {
    using programs = scratchFolder();
    writeFileSync(join(programs.path, "unshare"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const environment = { PATH: `${programs.path}:${process.env["PATH"] ?? ""}` };
    const { status, errors } = isolated("exit 3", { environment });
    expect(status).toBe(3);
    expect(errors).toBe(
      "isolated: /tmp stays the machine's own: an empty one needs root and unshare\n",
    );
  });
});
