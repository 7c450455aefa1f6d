import { z } from "zod";
import { CATALOG_KINDS } from "../../src/catalog/kinds.ts";
import type { CatalogKind } from "../../src/catalog/kinds.ts";
import { schemaOf } from "../../src/catalog/parse.ts";
import { snakeCaseName } from "../../src/json/field-case.ts";
import { eventSchema, spawnSchema } from "../../src/ledger/spawn-document.ts";
import { errorSchema } from "../../src/plan/error-document.ts";
import { planSchema } from "../../src/plan/plan-document.ts";

/** The members of a JSON Schema; their values are of many forms. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const jsonSchema = z.record(z.string(), z.unknown());
const jsonValue = z.json();

type Overridden = Parameters<
  NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>["override"]>
>[0];

/** The fields of a record's document that the catalog sets itself, and ignores in files. */
const SET_BY_CATALOG: JsonSchema = {
  generation: {
    type: "integer",
    minimum: 1,
    description: "The number of the record's last change, from 1. The catalog sets it.",
    examples: [3],
  },
  createdAt: {
    type: "string",
    description: "The time of the first write, in UTC. The catalog sets it.",
    examples: ["2026-11-22T04:00:00.000Z"],
  },
  updatedAt: {
    type: "string",
    description: "The time of the last change, in UTC. The catalog sets it.",
    examples: ["2026-11-22T04:00:00.000Z"],
  },
  updatedBy: {
    type: "string",
    description: "Who made the last change. The catalog sets it.",
    examples: ["alice"],
  },
};

const PLAINTEXT: JsonSchema = {
  type: "string",
  description: "The secret's value, which is sealed and never returned.",
  examples: ["not-a-real-token"],
};

/** The purpose of the records of each kind. */
const PURPOSES: Readonly<Record<CatalogKind, string>> = {
  image: "A pointer to the artifact to run, on exactly one substrate.",
  workspace: "What you spawn: an image, a placement and what the machine is to have.",
  placement: "Where machines run: an account and region, a project and zones, or an engine.",
  environment: "A machine's shape: its type and its disks.",
  "machine-type": "A size of machine, and the provider's name of it.",
  "disk-type": "A type of disk of virtual machines, and its performance.",
  secret: "A value that is sealed at rest and never printed.",
};

/** The JSON Schemas of everything that is printed, stored or written in files, by the name of their file. */
export function jsonSchemas(): ReadonlyMap<string, JsonSchema> {
  return new Map([
    ...CATALOG_KINDS.map((kind) => [kind, kindSchema(kind)] as const),
    [
      "plan",
      documentSchema(
        "plan",
        planSchema(),
        "The receipt of a dry run: everything about a launch, decided.",
      ),
    ],
    ["spawn", documentSchema("spawn", spawnSchema(), "A durable request for one machine.")],
    [
      "event",
      documentSchema(
        "event of a spawn",
        eventSchema(),
        "A step of a spawn, or a report in between.",
      ),
    ],
    [
      "error",
      documentSchema("error", errorSchema(), "A failure, as -o json prints it under `error`."),
    ],
  ]);
}

/** A record as `set` and `apply` read it and as `get` prints it. */
function kindSchema(kind: CatalogKind): JsonSchema {
  const schema = generate(schemaOf(kind));
  const own = {
    kind: { const: kind, description: "The kind of the record, in files." },
    ...(kind === "secret" ? { plaintextValue: PLAINTEXT } : {}),
    ...jsonSchema.parse(schema["properties"]),
    ...SET_BY_CATALOG,
  };
  return printed(
    titled(`${kind} record`, { description: PURPOSES[kind], ...schema, properties: own }),
  );
}

function documentSchema(title: string, schema: z.ZodType, description: string): JsonSchema {
  return printed(titled(title, { description, ...generate(schema) }));
}

function generate(schema: z.ZodType): JsonSchema {
  return jsonSchema.parse(
    z.toJSONSchema(schema, { io: "input", unrepresentable: "any", override: keepExamples }),
  );
}

/** The library takes examples and defaults for those of the output, and leaves them out where a value is transformed. */
function keepExamples({ zodSchema, jsonSchema: written }: Overridden): void {
  const { default: standard, examples } = z.globalRegistry.get(zodSchema) ?? {};
  if (standard !== undefined) written["default"] = jsonValue.parse(standard);
  if (examples !== undefined) written["examples"] = z.array(jsonValue).parse(examples);
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
      inSnakeCase(field),
    ]),
  );
}
