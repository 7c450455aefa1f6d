import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { separatePlaintext } from "../../src/catalog/plaintext.ts";
import { CATALOG_KINDS, isCatalogKind } from "../../src/catalog/kinds.ts";
import type { CatalogKind } from "../../src/catalog/kinds.ts";
import { parseBody } from "../../src/catalog/parse.ts";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { parseDocument } from "../../src/json/document/parse-document.ts";
import { parsePlan } from "../../src/plan/plan-document.ts";
import { SecretValue } from "../../src/secret-value.ts";
import { allBlocks, ROOT } from "./support/documents.ts";

const EXAMPLES = join(ROOT, "examples");

/** Blocks that are not validated: output, and other programs' formats. */
const NOT_VALIDATED = ["text", "json", "mermaid"];
/** Blocks that other tests validate. */
const VALIDATED_ELSEWHERE = ["sh", "console", "ts", "python", "js"];

/** A file's kind is the part before its first dot: `workspace.secrets.yaml`. */
const files = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => ({ name, kind: kindOf(name.split(".")[0] ?? "") }));

function kindOf(word: string): CatalogKind {
  if (isCatalogKind(word)) return word;
  throw new Error(`${word} is not a kind`);
}

function readExample(name: string): unknown {
  return parseDocument(readFileSync(join(EXAMPLES, name)));
}

function validate(kind: CatalogKind, body: unknown): void {
  parseBody(kind, kind === "secret" ? separatePlaintext(body).rest : body);
}

describe("blocks of the documents", () => {
  const yaml = allBlocks().filter(({ language }) => language === "yaml");

  it("name their language and subject", () => {
    const known = new Set([...NOT_VALIDATED, ...VALIDATED_ELSEWHERE, "yaml"]);
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
      subject === "plan" ? parsePlan(document) : validate(kindOf(subject), document);
    expect(parse).not.toThrow();
  });
});

describe("example records", () => {
  it.each(files)("$name", ({ name, kind }) => {
    expect(() => validate(kind, readExample(name))).not.toThrow();
  });

  it("fit into one catalog, and their workspaces resolve offline", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-docs-"));
    try {
      await using slipway = await createSlipway({ database: join(folder, "slipway.db") });
      for (const name of ["REGISTRY_LOGIN", "DEPLOY_KEY"])
        await slipway.catalog.setSecret(name, new SecretValue(Buffer.from("not-a-real-secret")));
      const order = CATALOG_KINDS.toSorted((left, right) => rank(left) - rank(right));
      for (const kind of order)
        for (const file of files.filter((candidate) => candidate.kind === kind))
          await slipway.catalog.setDocument(kind, readExample(file.name));
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

/** A sort key that puts each kind after the kinds that it refers to. */
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
