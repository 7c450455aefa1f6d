import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CATALOG_KINDS } from "../../src/catalog/kinds.ts";
import { schemaOf } from "../../src/catalog/parse.ts";
import { exitCodeOf } from "../../src/cli/output/exit-codes.ts";
import { ERROR_CODES } from "../../src/errors.ts";
import { parseDocument } from "../../src/json/document/parse-document.ts";
import { PORTS } from "../../src/slipway/facade.ts";
import { SPAWN_STATES } from "../../src/ledger/spawn-record.ts";
import { VM_PENDING_MILLISECONDS } from "../../src/substrate/contract.ts";
import { snakeCaseName } from "../../src/json/field-case.ts";
import {
  allBlocks,
  codeSpansOf,
  documentNames,
  proseOf,
  ROOT,
  tableRows,
} from "./support/documents.ts";

const jsonSchema = z.looseObject({});

/** Names of all fields of a schema, at every depth. */
function fieldsOf(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(fieldsOf);
  const { data } = jsonSchema.safeParse(schema);
  if (data === undefined) return [];
  return Object.entries(data).flatMap(([key, value]) => {
    const own = key === "properties" ? Object.keys(jsonSchema.parse(value)) : [];
    return [...own, ...fieldsOf(value)];
  });
}

/** Names of all keys of a document, except in maps whose keys are data. */
function keysOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    ["sources", "labels"].includes(key) ? [key] : [key, ...keysOf(inner)],
  );
}

/** The documents of the records' fields. */
const FIELD_DOCUMENTS = ["docs/catalog.md", "docs/docker.md"];

describe("docs/catalog.md and docs/docker.md", () => {
  it.each(CATALOG_KINDS)("document every field of %s", (kind) => {
    const schema = z.toJSONSchema(schemaOf(kind), { io: "input", unrepresentable: "any" });
    const documented = new Set(
      FIELD_DOCUMENTS.flatMap(codeSpansOf).flatMap((span) => span.split(/[.[\]]+/u)),
    );
    const fields = [...new Set(fieldsOf(schema))].map(snakeCaseName);
    expect(fields).toContain("name");
    expect(fields.filter((field) => !documented.has(field))).toEqual([]);
  });
});

describe("docs/operations.md", () => {
  it("names the time that a machine has to boot", () => {
    const minutes = VM_PENDING_MILLISECONDS / 60_000;
    const limit = tableRows("docs/operations.md", "Time limits").find(([what = ""]) =>
      what.includes("to run"),
    );
    expect(limit?.[1]).toBe(
      `${minutes} minutes, or one minute for a container: \`BOOT_TIMED_OUT\``,
    );
  });
});

describe("docs/embedding.md", () => {
  it("has every port", () => {
    const ports = tableRows("docs/embedding.md", "Ports").map(([port]) => port);
    expect(ports).toEqual(Object.keys(PORTS).map((port) => `\`${port}\``));
  });
});

describe("docs/plan.md", () => {
  it("documents every key of its plan", () => {
    const plan = allBlocks().find(
      ({ language, subject }) => language === "yaml" && subject === "plan",
    );
    const keys = new Set(keysOf(parseDocument(Buffer.from(plan?.text ?? ""))));
    const documented = new Set(
      codeSpansOf("docs/plan.md").flatMap((span) => span.split(/[.[\]]+/u)),
    );
    expect(keys.size).toBeGreaterThan(40);
    expect([...keys].filter((key) => !documented.has(key))).toEqual([]);
  });
});

describe("docs/operations.md", () => {
  it("has the table of exit codes", () => {
    const rows = tableRows("docs/operations.md", "Exit codes");
    const documented = rows.flatMap(([exit = "", when = ""]) =>
      [...when.matchAll(/`([A-Z_]+)`/gu)].map(([, code = ""]) => [code, Number(exit)] as const),
    );
    expect(documented.length).toBe(ERROR_CODES.length);
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(ERROR_CODES.map((code) => [code, exitCodeOf({ code })])),
    );
  });

  it("has every state of a spawn", () => {
    const states = tableRows("docs/operations.md", "States of a spawn").map(([state]) => state);
    expect(states).toEqual(SPAWN_STATES.map((state) => `\`${state}\``));
  });

  it("lists every environment variable that is read", () => {
    const files = globSync(["src/!(testing)/**/*.ts", "src/*.ts", "adapters/**/*.ts"], {
      cwd: ROOT,
    });
    const reads = /(?:given\("|environment\["|environment\.|environment: ")([A-Z][A-Z_]+)\b/gu;
    const read = files.flatMap((file) =>
      [...readFileSync(join(ROOT, file), "utf8").matchAll(reads)].map(([, name = ""]) => name),
    );
    const documented = new Set(codeSpansOf("docs/operations.md"));
    expect(read.length).toBeGreaterThan(8);
    expect([...new Set(read)].filter((name) => !documented.has(name))).toEqual([]);
  });
});

describe("paths", () => {
  it.each(documentNames())("in %s exist", (name) => {
    const paths = codeSpansOf(name).filter((code) =>
      /^(?:src|test|adapters|testing|scripts|bench|docs|examples)\/[\w./-]+$/u.test(code),
    );
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe("links", () => {
  it.each(documentNames())("of %s lead to existing files", (name) => {
    const links = [...proseOf(name).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, link = ""]) => link);
    const local = links.filter((link) => !/^(?:https?:|#)/u.test(link));
    const targets = local.map((link) => join(ROOT, dirname(name), link.replace(/#.*$/u, "")));
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });
});
