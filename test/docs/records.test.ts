import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { separatePlaintext } from "../../src/catalog/create-catalog.ts";
import { CATALOG_KINDS, isCatalogKind } from "../../src/catalog/kinds.ts";
import type { CatalogKind } from "../../src/catalog/kinds.ts";
import { parseBody } from "../../src/catalog/parse.ts";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { parseDocument } from "../../src/json/document/parse-document.ts";
import { parsePlan } from "../../src/plan/plan-document.ts";
import { SecretValue } from "../../src/secret-value.ts";
import { allBlocks, ROOT } from "./support/documents.ts";

const EXAMPLES = join(ROOT, "examples");

/** Blocks that nothing judges: output, and other programs' formats. */
const UNJUDGED = ["text", "json"];
/** Blocks that other tests judge. */
const JUDGED_ELSEWHERE = ["sh", "console", "ts"];

/** A file's kind stands before its first dot: `workspace.secrets.yaml`. */
const files = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => ({ name, kind: kindOf(name.split(".")[0] ?? "") }));

function kindOf(word: string): CatalogKind {
  if (isCatalogKind(word)) return word;
  throw new Error(`${word} is no kind`);
}

function readExample(name: string): unknown {
  return parseDocument(readFileSync(join(EXAMPLES, name)));
}

function judge(kind: CatalogKind, body: unknown): void {
  parseBody(kind, kind === "secret" ? separatePlaintext(body).rest : body);
}

describe("blocks of the documents", () => {
  const yaml = allBlocks().filter(({ language }) => language === "yaml");

  it("say what they are", () => {
    const known = new Set([...UNJUDGED, ...JUDGED_ELSEWHERE, "yaml"]);
    expect(allBlocks().filter(({ language }) => !known.has(language))).toEqual([]);
    expect(yaml.length).toBeGreaterThan(10);
  });

  it("show every kind", () => {
    const shown = new Set(yaml.map(({ subject }) => subject));
    expect(CATALOG_KINDS.filter((kind) => !shown.has(kind))).toEqual([]);
  });

  it.each(yaml)("$at: yaml $subject", ({ subject, text }) => {
    const document = parseDocument(Buffer.from(text));
    const parse = () =>
      subject === "plan" ? parsePlan(document) : judge(kindOf(subject), document);
    expect(parse).not.toThrow();
  });
});

describe("example records", () => {
  it.each(files)("$name", ({ name, kind }) => {
    expect(() => judge(kind, readExample(name))).not.toThrow();
  });

  it("go into one catalog, and their workspaces resolve as far as the catalog goes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-docs-"));
    try {
      await using slipway = await createSlipway({ database: join(folder, "slipway.db") });
      for (const name of ["REGISTRY_LOGIN", "DEPLOY_KEY"])
        await slipway.catalog.setSecret(name, new SecretValue(Buffer.from("not-a-real-secret")));
      const order = CATALOG_KINDS.toSorted((left, right) => rank(left) - rank(right));
      for (const kind of order)
        for (const file of files.filter((candidate) => candidate.kind === kind))
          await slipway.catalog.set(kind, readExample(file.name));
      for (const { name } of await slipway.catalog.list("workspace")) {
        const plan = await slipway.resolveWorkspace(name, { offline: true });
        expect(plan.workspace).toBe(name);
      }
      expect((await slipway.catalog.list("workspace")).length).toBe(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** What others refer to goes first. */
function rank(kind: CatalogKind): number {
  const order: readonly CatalogKind[] = [
    "secret",
    "machine-type",
    "disk-type",
    "image",
    "placement",
    "environment",
    "workspace",
  ];
  return order.indexOf(kind);
}
