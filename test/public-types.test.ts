import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { API } from "typescript/unstable/sync";
import { describe, expect, it } from "vitest";
import buildConfig from "../tsconfig.build.json" with { type: "json" };
import { unexportedTypes } from "./support/public-types/unexported-types.ts";
import { scratchFolder } from "./support/scratch.ts";

const ROOT = join(import.meta.dirname, "..");
/** The compiler is slow on a busy machine. */
const SLOW = 120_000;

/** The unexported types of the declaration files in a folder, whose entries are named. */
function judge(folder: string, entries: readonly string[]): readonly string[] {
  const options = { extends: join(ROOT, "tsconfig.json"), include: [], files: entries };
  const config = join(folder, "tsconfig.json");
  writeFileSync(config, JSON.stringify(options));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const api = new API({ cwd: folder });
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    if (project === undefined) throw new Error(`${config} is not a project`);
    return unexportedTypes(project);
  } finally {
    api.close();
  }
}

/** Judges declarations that are given as text, by the name of their file; the first is the entry. */
function judgeTexts(texts: Readonly<Record<string, string>>): readonly string[] {
  using folder = scratchFolder();
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  return judge(folder.path, Object.keys(texts).slice(0, 1));
}

describe("a public declaration that names an unexported type", () => {
  const hidden = "export interface Hidden { readonly a: string }\n";

  it.each([
    [
      "in a parameter",
      'import type { Hidden } from "./b";\nexport declare function f(a: Hidden): void;',
    ],
    [
      "in a field at any depth",
      'import type { Hidden } from "./b";\nexport interface A { b: { c: readonly Hidden[] } }',
    ],
    ["as its base", 'import type { Hidden } from "./b";\nexport interface A extends Hidden {}'],
    ["by an import", 'export declare const a: Promise<import("./b").Hidden>;'],
  ])("is found: %s", (_, text) => {
    expect(judgeTexts({ "a.d.ts": text, "b.d.ts": hidden })).toEqual([
      expect.stringMatching(/^Hidden, in the declaration of \w$/u),
    ]);
  });

  it("is allowed if an entry exports the type, by any name", () => {
    const text = 'import type { Hidden } from "./b";\nexport declare const a: Hidden;';
    const named = `${text}\nexport type { Hidden as Shown } from "./b";`;
    expect(judgeTexts({ "a.d.ts": named, "b.d.ts": hidden })).toEqual([]);
  });
});

describe("the package", () => {
  it("exports every type that its public declarations name", { timeout: SLOW }, () => {
    using folder = scratchFolder();
    const argv = ["-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", folder.path];
    const compiler = join(ROOT, "node_modules", ".bin", "tsc");
    const compiled = spawnSync(compiler, argv, { cwd: ROOT, encoding: "utf8", timeout: SLOW });
    expect(compiled).toMatchObject({ status: 0, stdout: "" });
    const entries = buildConfig.files.map((file) => file.replace(/\.ts$/u, ".d.ts"));
    expect(judge(folder.path, entries)).toEqual([]);
  });
});
