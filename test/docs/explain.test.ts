import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { separatePlaintext } from "../../src/catalog/plaintext.ts";
import { splitDocument } from "../../src/catalog/documents.ts";
import { CATALOG_KINDS } from "../../src/catalog/kinds.ts";
import { parseBody } from "../../src/catalog/parse.ts";
import { DOCUMENTED_PATHS, documentOf } from "../../src/cli/explain/documents.ts";
import { explainField } from "../../src/cli/explain/explain-field.ts";
import type { Explanation } from "../../src/cli/explain/explain-field.ts";
import { EXPLAINABLE, readSchema } from "../../src/cli/explain/read-schema.ts";
import { readDocument } from "./support/documents.ts";
import { violations } from "./support/json-schemas.ts";

async function rootOf(name: string): Promise<Explanation> {
  return explainField({ name, schema: await readSchema(name) }, []);
}

/** The field and all fields inside of it. */
function within(field: Explanation): readonly Explanation[] {
  return [field, ...field.fields.flatMap(within)];
}

const fields = (await Promise.all(CATALOG_KINDS.map(rootOf))).flatMap(within);
const ajv = new Ajv2020({ allowUnionTypes: true });

describe("explain", () => {
  it("walks every kind", () => {
    expect(fields.length).toBeGreaterThan(180);
    expect(fields.map(({ path }) => path)).toContain("environment.docker.ulimits.soft");
  });

  it("has a description of every field of every kind", () => {
    const missing = fields.filter(({ description }) => description === null);
    expect(missing.map(({ path }) => path)).toEqual([]);
    const unfinished = fields.filter(({ description }) => !description?.endsWith("."));
    expect(unfinished.map(({ path }) => path)).toEqual([]);
  });

  it.each(["plan", "spawn", "event", "error"])(
    "has a description of %s and its fields",
    async (name) => {
      const root = await rootOf(name);
      const described = [root, ...root.fields].filter(({ description }) => description !== null);
      expect(described.map(({ path }) => path)).toEqual([
        root.path,
        ...root.fields.map(({ path }) => path),
      ]);
    },
  );

  it("has an example of every field that can be set, or of the fields inside of it", () => {
    const missing = fields.filter(
      ({ example, type, fields: inner }) =>
        example === undefined && type !== "not accepted" && inner.length === 0,
    );
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it("has examples and defaults that their schemas accept", () => {
    const wrong = fields.filter(
      ({ schema, example, default: standard }) =>
        (example !== undefined && !ajv.validate(schema, example)) ||
        (standard !== undefined && !ajv.validate(schema, standard)),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it("has the defaults that the documents name beside the fields", () => {
    const defaults = fields.filter((field) => field.default !== undefined);
    expect(defaults.length).toBeGreaterThan(25);
    expect(defaults.filter((field) => !isDocumented(field)).map(({ path }) => path)).toEqual([]);
  });

  it.each(CATALOG_KINDS)("has an example of a whole %s that the catalog accepts", async (name) => {
    const { example } = await rootOf(name);
    expect(violations(name, example)).toEqual([]);
    const { kind, body } = splitDocument(example);
    expect(kind).toBe(name);
    const record = kind === "secret" ? separatePlaintext(body).rest : body;
    expect(() => parseBody(kind, record)).not.toThrow();
  });

  it("names a document for everything, at a heading that exists", () => {
    expect(EXPLAINABLE.filter((name) => documentOf(name) === null)).toEqual([]);
    const paths = new Set([...fields.map(({ path }) => path), ...EXPLAINABLE]);
    expect(DOCUMENTED_PATHS.filter(([path]) => !paths.has(path))).toEqual([]);
    const broken = DOCUMENTED_PATHS.filter(([, document]) => !isHeading(document));
    expect(broken).toEqual([]);
  });
});

const lines = ["catalog", "docker", "aws", "gce"].flatMap((name) =>
  readDocument(`docs/${name}.md`).split("\n"),
);

/** Whether a line of the documents names the field, and calls the value its default. */
function isDocumented({ name, default: standard }: Explanation): boolean {
  const value = typeof standard === "string" ? standard : JSON.stringify(standard);
  const quoted = `[\`"]{1,2}${value.replaceAll(/[$.]/gu, "\\$&")}[\`"]{1,2}`;
  const said = new RegExp(
    `default(?: is|:)? ${quoted}|${quoted},? \\(?(?:the |Slipway's )?default`,
    "u",
  );
  const code = new RegExp(`\`[^\`]*\\b${name}\``, "u");
  return lines.some((line) => code.test(line) && said.test(line));
}

/** Whether a document has the heading of an address such as `docs/catalog.md#image`. */
function isHeading(address: string): boolean {
  const [name = "", anchor] = address.split("#");
  const headings = readDocument(name)
    .split("\n")
    .filter((line) => line.startsWith("#"))
    .map((line) => line.replace(/^#+ /u, "").toLowerCase().replaceAll(" ", "-"));
  return anchor === undefined || headings.includes(anchor);
}
