/** The fields that a kind's schema allows, for errors and for help. */
import { z } from "zod";
import { memoize } from "../async/memoize.ts";

type Schema = z.core.JSONSchema.JSONSchema;
type SchemaOrBoolean = z.core.JSONSchema._JSONSchema;

/**
 * The names of the fields that a record may have at a path, in camelCase. Empty where the keys are data, and at a path
 * that the schema does not have.
 *
 * @param path camelCase names and list indexes, from the record's root
 */
export function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const root = jsonSchemaOf(schema);
  let nodes = variantsOf(root, root);
  for (const step of path) nodes = nodes.flatMap((node) => stepInto(node, step, root));
  return [...new Set(nodes.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

const jsonSchemaOf = memoize((schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
);

function stepInto(node: Schema, step: PropertyKey, root: Schema): readonly Schema[] {
  if (typeof step === "number") return variantsOf(node.items, root);
  const { properties = {} } = node;
  return typeof step === "string" && Object.hasOwn(properties, step)
    ? variantsOf(properties[step], root)
    : [];
}

/** A schema's alternatives, each of which may have fields of its own. */
function variantsOf(
  node: SchemaOrBoolean | SchemaOrBoolean[] | undefined,
  root: Schema,
): readonly Schema[] {
  if (typeof node !== "object" || Array.isArray(node)) return [];
  const { $ref, anyOf = [], oneOf = [], allOf = [] } = node;
  const [, name] = /^#\/\$defs\/(.+)$/.exec($ref ?? "") ?? [];
  const target = name === undefined ? undefined : root.$defs?.[name];
  return [
    node,
    ...[target, ...anyOf, ...oneOf, ...allOf].flatMap((other) => variantsOf(other, root)),
  ];
}
