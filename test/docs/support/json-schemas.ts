import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./documents.ts";

const compiled = new Map<string, ValidateFunction>();

/**
 * Validates a document as a user of the package does: against the file, with a validator that knows nothing of Slipway.
 *
 * @returns the violations, each with its place
 */
export function violations(name: string, document: unknown): readonly string[] {
  const validate = compiled.get(name) ?? compile(name);
  return validate(document)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${instancePath} ${message ?? ""} ${JSON.stringify(params)}`,
      );
}

function compile(name: string): ValidateFunction {
  const schema: unknown = JSON.parse(readFileSync(join(ROOT, "schemas", `${name}.json`), "utf8"));
  if (typeof schema !== "object" || schema === null) throw new Error(`${name} is not an object`);
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);
  compiled.set(name, validate);
  return validate;
}
