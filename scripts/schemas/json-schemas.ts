import { z } from "zod";
import { CATALOG_KINDS } from "../../src/catalog/kinds.ts";
import type { CatalogKind } from "../../src/catalog/kinds.ts";
import { schemaOf } from "../../src/catalog/parse.ts";
import { hasDataKeys, snakeCaseName } from "../../src/json/field-case.ts";
import { eventSchema, spawnSchema } from "../../src/ledger/spawn-document.ts";
import { errorSchema } from "../../src/plan/error-document.ts";
import { planSchema } from "../../src/plan/plan-document.ts";

/** The members of a JSON Schema; their values are of many forms. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const jsonSchema = z.record(z.string(), z.unknown());

/** The fields of a record's document that the catalog sets itself, and ignores in files. */
const SET_BY_CATALOG: JsonSchema = {
  generation: { type: "integer", minimum: 1 },
  createdAt: { type: "string" },
  updatedAt: { type: "string" },
  updatedBy: { type: "string" },
};

/** The JSON Schemas of everything that is printed, stored or written in files, by the name of their file. */
export function jsonSchemas(): ReadonlyMap<string, JsonSchema> {
  return new Map([
    ...CATALOG_KINDS.map((kind) => [kind, kindSchema(kind)] as const),
    ["plan", documentSchema("plan", planSchema())],
    ["spawn", documentSchema("spawn", spawnSchema())],
    ["event", documentSchema("event of a spawn", eventSchema())],
    ["error", documentSchema("error", errorSchema())],
  ]);
}

/** A record as `set` and `apply` read it and as `get` prints it. */
function kindSchema(kind: CatalogKind): JsonSchema {
  const schema = generate(schemaOf(kind));
  const own = {
    kind: { const: kind },
    ...(kind === "secret" ? { plaintextValue: { type: "string" } } : {}),
    ...jsonSchema.parse(schema["properties"]),
    ...SET_BY_CATALOG,
  };
  return printed(titled(`${kind} record`, { ...schema, properties: own }));
}

function documentSchema(title: string, schema: z.ZodType): JsonSchema {
  return printed(titled(title, generate(schema)));
}

function generate(schema: z.ZodType): JsonSchema {
  return jsonSchema.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
}

function titled(title: string, { $schema, ...schema }: JsonSchema): JsonSchema {
  return { $schema, title: `Slipway ${title}`, ...schema };
}

function printed(schema: JsonSchema): JsonSchema {
  return jsonSchema.parse(inSnakeCase(schema));
}

/** The schema with the names of its fields as they are printed. */
function inSnakeCase(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(inSnakeCase);
  const { data } = jsonSchema.safeParse(schema);
  if (data === undefined) return schema;
  return Object.fromEntries(
    Object.entries(data).map(([keyword, value]) => [keyword, keywordInSnakeCase(keyword, value)]),
  );
}

function keywordInSnakeCase(keyword: string, value: unknown): unknown {
  if (keyword === "required") return z.array(z.string()).parse(value).map(snakeCaseName);
  if (keyword !== "properties") return inSnakeCase(value);
  return Object.fromEntries(
    Object.entries(jsonSchema.parse(value)).map(([name, field]) => [
      snakeCaseName(name),
      hasDataKeys(name) ? field : inSnakeCase(field),
    ]),
  );
}
