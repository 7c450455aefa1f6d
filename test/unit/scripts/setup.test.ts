import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../support/scratch.ts";

const setup = join(import.meta.dirname, "..", "..", "..", "scripts", "setup.mjs");
const wanted = {
  "": { name: "slipway" },
  "node_modules/tool": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/tool-for-another-platform": { version: "1.0.0", optional: true },
};
const installed = { "node_modules/tool": wanted["node_modules/tool"] };

const BUILD = `
import { appendFileSync, mkdirSync } from "node:fs";
appendFileSync("calls", "build\\n");
mkdirSync("dist", { recursive: true });
`;

interface Repository extends Disposable {
  readonly path: string;
  /** How npm and the build were called, in order. */
  calls(): Promise<readonly string[]>;
  write(name: string, content: string): Promise<void>;
  start(...given: readonly string[]): ChildProcess;
  run(...given: readonly string[]): Promise<{ code: unknown; output: string; errors: string }>;
}

/** A repository whose npm and build only note that they were called. */
async function repository(): Promise<Repository> {
  const folder = scratchFolder();
  const at = (...names: readonly string[]): string => join(folder.path, ...names);
  const write = async (name: string, content: string): Promise<void> => {
    await mkdir(join(at(name), ".."), { recursive: true });
    await writeFile(at(name), content);
    if (content.startsWith("#!")) await chmod(at(name), 0o755);
  };
  await write("scripts/script.ts", "console.log(JSON.stringify(process.argv.slice(2)));");
  await write("src/index.ts", "");
  await write("package-lock.json", JSON.stringify({ packages: wanted }));
  await write("node_modules/.package-lock.json", JSON.stringify({ packages: installed }));
  await write("package.json", '{ "type": "module" }');
  await write("scripts/build.ts", BUILD);
  await write("bin/npm", '#!/bin/sh\necho "npm $*" >> calls\n');
  await mkdir(at("node_modules/.bin"));
  await symlink(process.execPath, at("node_modules/.bin/node"));
  await copyFile(setup, at("scripts/setup.mjs"));
  const start = (...given: readonly string[]): ChildProcess =>
    spawn(process.execPath, [at("scripts/setup.mjs"), ...given], {
      env: { PATH: `${at("bin")}:${process.env["PATH"] ?? ""}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
  return {
    path: folder.path,
    write,
    start,
    calls: async () => (await readFile(at("calls"), "utf8")).split("\n").filter(Boolean),
    async run(...given) {
      const child = start(...given);
      const ended = once(child, "close");
      const [output, errors] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
      const [code] = await ended;
      return { code, output, errors };
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? "" : text(stream);
}

describe("scripts/setup.mjs", () => {
  it("builds, and passes the arguments on", async () => {
    using place = await repository();
    const result = await place.run("scripts/script.ts", "a b", "--flag");
    expect(result).toMatchObject({ code: 0, output: '["a b","--flag"]\n' });
    expect(await place.calls()).toEqual(["build"]);
  });

  it("announces each step before it begins, with a rough duration, off a terminal too", async () => {
    using place = await repository();
    await place.write("node_modules/.package-lock.json", "");
    const child = place.start("scripts/script.ts");
    const errors = child.stderr === null ? "" : await text(child.stderr);
    expect(errors).toMatch(
      /^setup: installing .* \(about \d+ seconds\) \.\.\.\nsetup: building \(about \d+ seconds\) \.\.\.\n$/,
    );
  });

  it("says nothing where there is nothing to do", async () => {
    using place = await repository();
    await place.run("scripts/script.ts");
    expect((await place.run("scripts/script.ts")).errors).toBe("");
  });

  it("builds again only when a source has changed", async () => {
    using place = await repository();
    await place.run("scripts/script.ts");
    await place.run("scripts/script.ts");
    expect(await place.calls()).toHaveLength(1);
    await place.write("src/deep/other.ts", "");
    await place.run("scripts/script.ts");
    expect(await place.calls()).toHaveLength(2);
  });

  it.each([
    ["another version", { "node_modules/tool": { version: "0.9.0", integrity: "sha512-a" } }],
    ["other bytes", { "node_modules/tool": { version: "1.0.0", integrity: "sha512-b" } }],
    ["a missing one", {}],
    ["one too many", { ...installed, "node_modules/more": { version: "1.0.0" } }],
  ])("installs when node_modules has %s", async (_what, packages) => {
    using place = await repository();
    await place.write("node_modules/.package-lock.json", JSON.stringify({ packages }));
    await place.run("scripts/script.ts");
    expect((await place.calls())[0]).toMatch(/^npm ci\b/);
  });

  it("installs when nothing is installed", async () => {
    using place = await repository();
    await place.write("node_modules/.package-lock.json", "");
    await place.run("scripts/script.ts");
    expect((await place.calls())[0]).toMatch(/^npm ci\b/);
  });

  it("shows why a build failed, runs nothing, and tries again", async () => {
    using place = await repository();
    await place.write("scripts/build.ts", `${BUILD}console.log("wrong type");\nprocess.exit(2);`);
    for (const _attempt of [1, 2]) {
      const { code, output, errors } = await place.run("scripts/script.ts");
      expect({ code, output }).toEqual({ code: 1, output: "" });
      expect(errors).toMatch(/^setup: building .*\n.*\nwrong type\nexit code 2\n$/);
    }
  });

  it("shows why an install failed, under npm run --silent too", async () => {
    using place = await repository();
    await place.write("node_modules/.package-lock.json", "");
    const npm = '[[ "$*" == *--loglevel=error* ]] && echo "npm error: no network" >&2';
    await place.write("bin/npm", `#!/bin/bash\n${npm}\nexit 1\n`);
    const { code, errors } = await place.run("scripts/script.ts");
    expect(code).toBe(1);
    expect(errors).toContain("setup: npm ci failed:\nnpm error: no network\nexit code 1\n");
  });

  it("exits as the script does", async () => {
    using place = await repository();
    await place.write("scripts/script.ts", "process.exit(7);");
    expect((await place.run("scripts/script.ts")).code).toBe(7);
  });

  it("hands signals to the script", async () => {
    using place = await repository();
    const waits = "process.on('SIGTERM', () => process.exit(9)); setTimeout(() => {}, 15_000);";
    await place.write("scripts/script.ts", `${waits} console.log('up');`);
    const child = place.start("scripts/script.ts");
    const exited = once(child, "exit");
    if (child.stdout !== null) await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect((await exited)[0]).toBe(9);
  });
});
