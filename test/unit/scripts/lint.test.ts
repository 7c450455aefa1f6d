import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { scratchFolder } from "../../support/scratch.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const OXLINT = join(ROOT, "node_modules", ".bin", "oxlint");

/** Texts for the linter. Nothing runs them: they focus no test and write no file. */
const REJECTED = [
  ["a debugger", "eslint(no-debugger)", "debugger;"],
  ["words on the console", "eslint(no-console)", "console.error(1);"],
  ["a test run alone", "vitest(no-focused-tests)", "it.only('a', () => expect(1).toBe(1));"],
  ["a suite run alone", "vitest(no-focused-tests)", "describe.only('a', () => {});"],
  [
    "another test run alone",
    "vitest(no-focused-tests)",
    "test.only('a', () => expect(1).toBe(1));",
  ],
  ["a test without an assertion", "vitest(expect-expect)", "it('a', () => {});"],
  ["a file for debugging", "slipway(no-absolute-writes)", "appendFileSync('/tmp/errors.txt', '');"],
  ["the same by a promise", "slipway(no-absolute-writes)", "await fs.writeFile('/tmp/a', '');"],
  ["the same by import", "slipway(no-absolute-writes)", "(await import('fs')).rmSync('/tmp/a');"],
  ["a path that is composed", "slipway(no-absolute-writes)", "mkdirSync(join('/tmp', name));"],
  ["a template", "slipway(no-absolute-writes)", "createWriteStream(`/tmp/${name}`);"],
  ["a sum", "slipway(no-absolute-writes)", "unlinkSync('/tmp/' + name);"],
  ["the target of a copy", "slipway(no-absolute-writes)", "copyFileSync(name, '/tmp/a');"],
  ["a file opened to write", "slipway(no-absolute-writes)", "openSync('/tmp/a', 'w');"],
] as const;

const ALLOWED = [
  ["an assertion helper", "it('a', () => expectRefused(1));"],
  ["a folder of its own", "writeFileSync(join(folder, 'a'), '');"],
  ["a relative path", "appendFileSync('a', '');"],
  ["a device", "openSync('/dev/full', 'w');"],
  ["a file that is read", "readFileSync('/etc/passwd'); openSync('/etc/passwd');"],
  ["the source of a copy", "copyFileSync('/etc/passwd', name);"],
] as const;

const report = z.object({
  diagnostics: z.array(z.object({ code: z.string().optional(), filename: z.string() })),
});

/** The rules that each of these sources breaks, by this repository's own settings. */
async function rulesBroken(sources: readonly string[]): Promise<readonly (readonly string[])[]> {
  using folder = scratchFolder();
  for (const [index, source] of sources.entries())
    writeFileSync(join(folder.path, `${index}.test.ts`), `${source}\n`);
  const settings = ["--config", join(ROOT, ".oxlintrc.json"), "--format", "json"];
  // It exits with 1 where it finds something.
  const { stdout } = await promisify(execFile)(OXLINT, [...settings, folder.path]).catch(
    (error: unknown) => z.object({ stdout: z.string() }).parse(error),
  );
  const { diagnostics } = report.parse(JSON.parse(stdout));
  return sources.map((_source, index) =>
    diagnostics
      .filter(({ filename }) => basename(filename) === `${index}.test.ts`)
      .map(({ code = "" }) => code),
  );
}

describe("lint", () => {
  const sources = [
    ...REJECTED.map(([, , source]) => source),
    ...ALLOWED.map(([, source]) => source),
  ];
  let broken: readonly (readonly string[])[] = [];
  beforeAll(async () => {
    broken = await rulesBroken(sources);
  });

  it.each(REJECTED)("rejects %s", (_what, rule, source) => {
    expect(broken[sources.indexOf(source)]).toContain(rule);
  });

  it.each(ALLOWED)("allows %s", (_what, source) => {
    expect(broken[sources.indexOf(source)]).toEqual([]);
  });
});
