import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

const ASKED = join(import.meta.dirname, "support", "asked-modules.mjs");
const REPORT = join(import.meta.dirname, "support", "report-modules.mjs");

const MODULE = '{ "type": "module" }';
const FILES: Readonly<Record<string, string>> = {
  "own/package.json": MODULE,
  "own/whole.js": 'import { b } from "./parts/b.js"; export const told = `whole ${b}`;',
  "own/parts/b.js": 'import { c } from "../c.js"; export const b = `b ${c}`;',
  "own/c.js": 'export const c = "c";',
  "own/named.js":
    'import { other } from "other"; import { again } from "./again.js"; export const told = [other, again];',
  "own/again.js": 'import { other } from "other"; export const again = other;',
  "own/required.js":
    'import { createRequire } from "node:module"; export const told = createRequire(import.meta.url)("./old.cjs");',
  "own/old.cjs": 'module.exports = require("./older.cjs");',
  "own/older.cjs": 'module.exports = "older";',
  "own/dual.js":
    'import { kind } from "dual"; import { createRequire } from "node:module"; export const told = [kind, createRequire(import.meta.url)("dual").kind];',
  "node_modules/dual/package.json":
    '{ "exports": { "import": "./module.mjs", "require": "./common.cjs" } }',
  "node_modules/dual/module.mjs": 'export const kind = "module";',
  "node_modules/dual/common.cjs": 'exports.kind = "common";',
  "own/unended.js": 'import "./c";',
  "own/lost.js": 'import "./nowhere.js";',
  "own/schemas.js":
    'import { en, locales } from "zod"; export const told = [en, Object.keys(locales)];',
  "strange/package.json": MODULE,
  "strange/whole.js": 'import { d } from "./d.js"; export const told = d;',
  "strange/d.js": 'export const d = "d";',
  "node_modules/other/package.json": '{ "type": "module", "exports": "./main.js" }',
  "node_modules/other/main.js": 'export { other } from "./file.js";',
  "node_modules/other/file.js": 'export const other = "other";',
  "node_modules/zod/package.json": '{ "type": "module", "exports": "./index.js" }',
  "node_modules/zod/index.js": 'export * from "./v4/external.js";',
  "node_modules/zod/v4/external.js":
    'export * as locales from "../locales/index.js"; export { en } from "../locales/en.js";',
  "node_modules/zod/locales/index.js":
    'export { de } from "./de.js"; export { en } from "./en.js";',
  "node_modules/zod/locales/de.js": 'export const de = "de";',
  "node_modules/zod/locales/en.js": 'export const en = "en";',
};

async function load(entry: string): Promise<unknown> {
  using folder = scratchFolder();
  for (const [name, text] of Object.entries(FILES)) {
    const file = join(folder.path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await symlink(join(folder.path, "own"), join(folder.path, "linked"));
  const urls = ["", entry].map((name) => pathToFileURL(join(folder.path, name)).href);
  const [root = "", module = ""] = urls;
  const { stdout } = await promisify(execFile)(process.execPath, [ASKED, `${root}/`, module]);
  return JSON.parse(stdout);
}

describe("modules that are known", () => {
  it.each([
    { what: "files by their whole paths", entry: "own/whole.js", told: "whole b c", asked: [] },
    {
      what: "files through a link to their folder",
      entry: "linked/whole.js",
      told: "whole b c",
      asked: [],
    },
    {
      what: "a package, which is asked for once",
      entry: "own/named.js",
      told: ["other", "other"],
      asked: ["other", "./file.js"],
    },
    {
      what: "zod, without the languages that nobody speaks",
      entry: "own/schemas.js",
      told: ["en", ["en"]],
      asked: ["zod"],
    },
    {
      what: "what is required, which is asked for as ever",
      entry: "own/required.js",
      told: "older",
      asked: ["node:module", "./old.cjs", "./older.cjs"],
    },
    {
      what: "a package that is another one where it is required",
      entry: "own/dual.js",
      told: ["module", "common"],
      asked: ["dual", "node:module", "dual"],
    },
    {
      what: "other folders, which are asked for as ever",
      entry: "strange/whole.js",
      told: "d",
      asked: ["./d.js"],
    },
  ])("are found: $what", async ({ entry, told, asked }) => {
    expect(await load(entry)).toEqual({ told, asked });
  });

  it.each([
    { what: "a path without its ending", entry: "own/unended.js", asked: ["./c"] },
    { what: "a file that is not there", entry: "own/lost.js", asked: [] },
  ])("are missed as ever: $what", async ({ entry, asked }) => {
    expect(await load(entry)).toMatchObject({ code: expect.stringMatching(/^E/), asked });
  });

  it("are zod's messages in English alone, in a command that reads records", async () => {
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    const ran = await slipwayProcess(["get", "image", "--database", database], {
      nodeArguments: ["--import", REPORT],
    });
    expect(ran.exitCode).toBe(0);
    const loaded: readonly string[] = ran.stderr.match(/[\w.-]+\/zod\/[^"]*/gu) ?? [];
    expect(loaded.length).toBeGreaterThan(10);
    expect(loaded.filter((file) => file.includes("/locales/"))).toEqual([
      expect.stringContaining("/locales/en.js"),
    ]);
  });
});
