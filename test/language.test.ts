import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BANNED_NAMES, BANNED_OPENING, BANNED_PHRASES } from "./support/language/phrases.ts";
import type { BannedPhrase } from "./support/language/phrases.ts";
import { documentProse, proseOf } from "./support/language/prose.ts";
import type { Prose } from "./support/language/prose.ts";

const ROOT = join(import.meta.dirname, "..");

/** `file:line: phrase: text (instead)` for each use of a phrase. */
function uses(
  path: string,
  prose: readonly Prose[],
  phrases: readonly BannedPhrase[],
): readonly string[] {
  return prose.flatMap(({ line, text }) =>
    phrases
      .filter(({ pattern }) => pattern.test(text))
      .map(({ name, instead }) => `${path}:${line}: "${name}" in "${text}": write ${instead}`),
  );
}

function usesInSource(path: string, text: string): readonly string[] {
  const { comments, messages, identifiers } = proseOf(path, text);
  return [
    ...uses(path, comments, [...BANNED_PHRASES, BANNED_OPENING]),
    ...uses(path, messages, BANNED_PHRASES),
    ...uses(path, identifiers, BANNED_NAMES),
  ];
}

function usesInTest(path: string, text: string): readonly string[] {
  const { comments, titles, identifiers } = proseOf(path, text);
  return [
    ...uses(path, comments, BANNED_PHRASES),
    ...uses(path, titles, BANNED_PHRASES),
    ...uses(path, identifiers, BANNED_NAMES),
  ];
}

function usesInDocument(path: string, text: string): readonly string[] {
  return uses(path, documentProse(text), BANNED_PHRASES);
}

/**
 * The subjects of all commits since the rule was introduced; null outside of a clone with that history. Merges, which a
 * forge words, are left out.
 */
function commitSubjects(): readonly string[] | null {
  const since = "6a51d041ace153994e1350fb59d5056fd6b43597";
  const log = spawnSync("git", ["log", "--no-merges", "--format=%s", `${since}..HEAD`], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return log.status === 0 ? log.stdout.split("\n").filter((line) => line !== "") : null;
}

/** The language is judged by `judge` in all files of these patterns. */
function usesIn(
  patterns: readonly string[],
  judge: (path: string, text: string) => readonly string[],
): readonly string[] {
  const files = globSync([...patterns], { cwd: ROOT }).toSorted();
  if (files.length === 0) throw new Error(`no file matches ${patterns.join(" ")}`);
  return files.flatMap((path) => judge(path, readFileSync(join(ROOT, path), "utf8")));
}

/** Verbs that look like participles. */
const IMPERATIVES: ReadonlySet<string> = new Set(["Bring", "Embed", "Feed", "Seed", "Speed"]);

/** Whether a commit's subject begins with an imperative and fits into 72 characters. */
function isSubject(subject: string): boolean {
  const [verb = ""] = subject.split(" ");
  const isImperative = IMPERATIVES.has(verb) || /^[A-Z][a-z]*(?<!ed|ing|s)$/u.test(verb);
  return isImperative && subject.length <= 72 && !subject.endsWith(".");
}

describe("plain English", () => {
  it.each(["src", "adapters", "testing", "bench", "scripts", "examples"])(
    "in %s: comments, messages and names",
    (folder) => {
      expect(usesIn([`${folder}/**/*.{ts,mjs}`], usesInSource)).toEqual([]);
    },
  );

  it("in test: comments, titles and names", () => {
    const files = ["test/*.ts", "test/!(support)/**/*.ts", "test/support/!(language)/**/*.ts"];
    expect(usesIn([...files, "test/support/*.ts"], usesInTest)).toEqual([]);
  });

  it("in the documents", () => {
    expect(usesIn(["*.md", "docs/*.md", "bench/*.md"], usesInDocument)).toEqual([]);
  });

  const subjects = commitSubjects();
  it.skipIf(subjects === null)("in commit subjects: an imperative, at most 72 characters", () => {
    expect(subjects?.filter((subject) => !isSubject(subject))).toEqual([]);
  });
});

describe("the language test finds", () => {
  it.each([
    ["// Nobody waits for it.", "nobody"],
    ["/**\n * Whoever comes\n * waits.\n */", "whoever"],
    ["// It ended\n// by then.", "by then"],
    ["/** What is launched. */", "begins with What"],
    ['const text = "it is no duration";', "is no X"],
    ["const text = `${name} was told`;", "told"],
    ["const standInPort = 1;", "standIn"],
    ["class Allotment {}", "allot"],
  ])("%j", (text, name) => {
    expect(usesInSource("a.ts", text).join("\n")).toContain(name);
  });

  it.each([
    'it("tells a story", () => {});',
    'it.each([1, 2])("tells %i", () => {});',
    'describe.skipIf(f("x"))("tells a story", () => {});',
    'it.each<readonly [string, Map<string, Set<A>>]>([["a"]])("tells %s", () => {});',
    "test(`tells ${x}`, () => {});",
  ])("a title: %s", (text) => {
    expect(usesInTest("a.test.ts", text)).toHaveLength(1);
  });

  it.each([
    "Fixed the ledger",
    "Fixing the ledger",
    "fix the ledger",
    "Fixes the ledger",
    `Fix ${"x".repeat(70)}`,
    "Fix it.",
  ])("a commit subject: %s", (subject) => {
    expect(isSubject(subject)).toBe(false);
    expect(isSubject("Fix the ledger")).toBe(true);
  });

  it("a document's words", () => {
    expect(usesInDocument("a.md", "Fine.\n\nNobody reads `somebody`.\n")).toHaveLength(1);
    expect(usesInDocument("a.md", "```\nnobody\n```\n")).toEqual([]);
  });

  it.each([
    "// If there is no machine, it is no longer needed.",
    "// Labels tell two owners apart.",
    '// What happens?\nconst role = "tellers";',
    'const url = "https://example.com/#standard";',
  ])("nothing in %s", (text) => {
    expect(usesInSource("a.ts", text)).toEqual([]);
  });
});
